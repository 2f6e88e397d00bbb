/** A piece of an answer and where it goes, in UTF-16 units. What stood at and after `offset` is replaced. */
export interface Chunk { offset: number, chunk: string }

/** Between two text blocks of one answer. */
const BREAK = '\n\n'

/**
 * The text of one answer while it grows. Deltas are a preview of the current block until `block` says what it really is;
 * `take` gives the next chunk, so that chunks applied in order always make `text`.
 */
export function createAnswer () {
  let settled = ''
  let preview = ''
  let blocks = 0
  /** What the chunks taken so far make. */
  let shown = ''

  const current = (block: string) => block === '' ? settled : blocks === 0 ? block : settled + BREAK + block

  return {
    delta (text: string) { preview += text },
    /** The current block, whole. */
    block (text: string) {
      settled = current(text)
      if (text !== '') blocks++
      preview = ''
    },
    /** The preview is void. */
    restart () { preview = '' },
    text: () => current(preview),
    /**
     * What changed since the last one; null when nothing did. Half of a surrogate pair at the end is kept back until
     * the other half is there: alone it would not survive UTF-8.
     */
    take (): Chunk | null {
      let text = current(preview)
      if (/[\uD800-\uDBFF]$/.test(text)) text = text.slice(0, -1)
      if (text === shown) return null
      let offset = text.startsWith(shown) ? shown.length : commonPrefix(text, shown)
      if (offset > 0 && /[\uD800-\uDBFF]/.test(text[offset - 1]!)) offset--
      shown = text
      return { offset, chunk: text.slice(offset) }
    }
  }
}

function commonPrefix (a: string, b: string): number {
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  return i
}

/** What chunks, applied in order, make. */
export function applyChunks (chunks: Iterable<Chunk>): string {
  let text = ''
  for (const { offset, chunk } of chunks) text = text.slice(0, offset) + chunk
  return text
}
