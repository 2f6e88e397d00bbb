export interface Line { sign: ' ' | '+' | '-', text: string }

/** Beyond so many cells a table takes too long for a page; then all goes and all comes. */
const CELLS = 4_000_000

/** The lines of two texts: what goes, what comes, what stays, by their longest common sequence. */
export function diffLines (before: string, after: string): Line[] {
  // The end of the last line is a difference only where one of them has none.
  const ended = [before, after].every(text => text === '' || text.endsWith('\n'))
  const [a, b] = [before, after].map(text => lines(ended ? text.replace(/\n$/, '') : text)) as [string[], string[]]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++
  const end = a.length - tail
  return [
    ...a.slice(0, head).map(text => ({ sign: ' ' as const, text })),
    ...middle(a.slice(head, end), b.slice(head, b.length - tail)),
    ...a.slice(end).map(text => ({ sign: ' ' as const, text }))
  ]
}

const lines = (text: string) => text === '' ? [] : text.split('\n')

function middle (a: string[], b: string[]): Line[] {
  const gone = (text: string): Line => ({ sign: '-', text })
  const come = (text: string): Line => ({ sign: '+', text })
  if (a.length * b.length > CELLS) return [...a.map(gone), ...b.map(come)]
  const width = b.length + 1
  /** Of the rests from (i, j) on: how many lines they share. */
  const shared = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      shared[i * width + j] = a[i] === b[j] ? shared[(i + 1) * width + j + 1]! + 1 : Math.max(shared[(i + 1) * width + j]!, shared[i * width + j + 1]!)
    }
  }
  const out: Line[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ sign: ' ', text: a[i++]! })
      j++
    } else if (i < a.length && (j === b.length || shared[(i + 1) * width + j]! >= shared[i * width + j + 1]!)) out.push(gone(a[i++]!))
    else out.push(come(b[j++]!))
  }
  return out
}
