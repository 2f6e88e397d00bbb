const UNITS: [ms: number, name: string][] = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']]

/** A span of time in its largest whole unit, e.g. `5 min`. */
export function span (ms: number): string {
  const [size, name] = UNITS.find(([size]) => ms >= size) ?? [1000, 's']
  return `${Math.max(0, Math.floor(ms / size))} ${name}`
}

/** A countdown, e.g. `4:05`. */
export function countdown (ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** Thousands as `12.3k`. */
export function count (n: number): string {
  return n < 1000 ? String(n) : n < 1_000_000 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1_000_000).toFixed(1)}M`
}

export const dollars = (n: number) => `$${n.toFixed(n < 1 ? 4 : 2)}`

export const clock = (at: number) => new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** What could make a text look like another one (the direction of writing, letters without width) is spelled out. */
export const visible = (text: string) => text.replaceAll(/[\p{Cf}\p{Zl}\p{Zp}]|(?![\n\t])\p{Cc}/gu, char => `\\u{${char.codePointAt(0)!.toString(16)}}`)

export const shorten = (text: string, most: number) => text.length > most ? `${text.slice(0, most).trimEnd()} …` : text
