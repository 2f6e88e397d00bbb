/**
 * Whether `pattern` covers all of `items`, where a star covers any number of them. Greedy, with one place to go back to:
 * no pattern and no input makes it slower than the product of their lengths.
 */
function covers<P, T> (pattern: readonly P[], items: readonly T[], isStar: (part: P) => boolean, one: (part: P, item: T) => boolean): boolean {
  let p = 0
  let i = 0
  let star = -1
  let from = 0
  while (i < items.length) {
    if (p < pattern.length && isStar(pattern[p]!)) {
      star = p++
      from = i
    } else if (p < pattern.length && one(pattern[p]!, items[i]!)) {
      p++
      i++
    } else if (star >= 0) {
      p = star + 1
      i = ++from
    } else {
      return false
    }
  }
  while (p < pattern.length && isStar(pattern[p]!)) p++
  return p === pattern.length
}

/** The whole text; `*` is any characters. */
export function matchesText (pattern: string, text: string): boolean {
  return covers([...pattern], [...text], part => part === '*', (part, letter) => part === letter)
}

/** An absolute, normalised path; `*` is any part of one name, `**` any directories. A pattern that ends in `**` is what lies below. */
export function matchesPath (pattern: string, path: string): boolean {
  const parts = pattern.split(/[\\/]/)
  if (parts.at(-1) === '**') parts.push('*')
  return covers(parts, path.split(/[\\/]/), part => part === '**', matchesText)
}
