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
    text: () => wellFormed(current(preview)),
    /** How much `take` has not given yet, nearly. */
    pending: () => current(preview).length - shown.length,
    /**
     * What changed since the last one, `most` UTF-16 units of it; null when nothing did. Half of a surrogate pair at the end is
     * kept back until the other half is there, or nothing comes any more (`ended`): alone it would not survive UTF-8.
     */
    take (most = Infinity, ended = false): Chunk | null {
      let text = current(preview)
      if (!ended && endsInHalf(text, text.length)) text = text.slice(0, -1)
      text = wellFormed(text)
      if (text === shown) return null
      let offset = text.startsWith(shown) ? shown.length : commonPrefix(text, shown)
      if (endsInHalf(text, offset)) offset--
      let end = Math.min(text.length, offset + most)
      if (end < text.length && endsInHalf(text, end)) end += end - offset > 1 ? -1 : 1
      shown = text.slice(0, end)
      return { offset, chunk: text.slice(offset, end) }
    }
  }
}

/** Whether the first `length` units end in the first half of a surrogate pair. */
const endsInHalf = (text: string, length: number) => length > 0 && (text.charCodeAt(length - 1) & 0xFC00) === 0xD800

/** As it is after a way through UTF-8: half of a surrogate pair becomes U+FFFD, in the same place. */
const wellFormed = (text: string) => (text as string & { toWellFormed (): string }).toWellFormed()

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
