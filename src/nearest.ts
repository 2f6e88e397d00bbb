/** The known name that a misspelt one most likely means; undefined where none is near. */
export function nearest (name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const near = known
    .map(one => ({ one, edits: distance(plain(name), plain(one)) }))
    .sort((a, b) => a.edits - b.edits)[0]
  return near !== undefined && near.edits <= Math.max(1, Math.floor(near.one.length / 3)) ? near.one : undefined
}

/** How many letters must be added, dropped, changed or swapped with their neighbour. */
function distance (a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity
      row.push(Math.min(change, swap, above[j]! + 1, row[j - 1]! + 1))
    }
    before = above
    above = row
  }
  return above[b.length]!
}

/** The rest of a sentence that asks whether the nearest was meant; nothing where none is near. */
export function suggestion (word: unknown, known: readonly string[]): string {
  const near = typeof word === 'string' ? nearest(word, known) : undefined
  return near === undefined ? '' : `; did you mean '${near}'?`
}
