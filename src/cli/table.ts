/** Rows in columns, as wide as their widest cell. The last column is not padded. */
export function table (head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows.map(row => row.map(cell => cell.replaceAll(/\s+/g, ' ')))]
  const widths = head.map((_, i) => Math.max(...all.map(row => row[i]?.length ?? 0)))
  return all.map(row => row.map((cell, i) => i === row.length - 1 ? cell : cell.padEnd(widths[i]!)).join('  ').trimEnd()).join('\n')
}

/** 93784000 → `1d 2h`. The two largest units. */
export function span (ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts = [[Math.floor(seconds / 86400), 'd'], [Math.floor(seconds / 3600) % 24, 'h'], [Math.floor(seconds / 60) % 60, 'm'], [seconds % 60, 's']] as const
  const first = parts.findIndex(([count]) => count > 0)
  return first < 0 ? '0s' : parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`).join(' ')
}
