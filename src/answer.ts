/** A piece of an answer and where it goes, in UTF-16 units. What stood at and after `offset` is replaced. */
export interface Chunk { offset: number, chunk: string }

/** Between two text blocks of one answer. */
const BREAK = '\n\n'

/**
 * The text of one answer while it grows. Deltas are a preview of the current block until `block` says what it really is;
 * `take` gives the next chunk, so that chunks applied in order always make `text`. `shown` is what those before it have made.
 */
export function createAnswer (shown = '') {
  let settled = ''
  let preview = ''
  let blocks = 0
  /** What was said since the last chunk, where nothing else has changed: else the whole is compared with what was shown. */
  let added = shown === '' ? '' : undefined

  const current = (block: string) => block === '' ? settled : blocks === 0 ? block : settled + BREAK + block

  /** Takes back what was shown and is not so; what comes in its place. */
  function compare (): string {
    const text = current(preview)
    const whole = wellFormed(text)
    let same = whole.startsWith(shown) ? shown.length : commonPrefix(whole, shown)
    if (endsInHalf(whole, same)) same--
    shown = whole.slice(0, same)
    return text.slice(same)
  }

  return {
    delta (text: string) {
      if (added !== undefined && text !== '') added += preview === '' && blocks > 0 ? BREAK + text : text
      preview += text
    },
    /** The current block, whole. */
    block (text: string) {
      if (text !== preview) added = undefined
      settled = current(text)
      if (text !== '') blocks++
      preview = ''
    },
    /** The preview is void. */
    restart () {
      if (preview !== '') added = undefined
      preview = ''
    },
    text: () => wellFormed(current(preview)),
    /** How much `take` has not given yet, nearly. */
    pending: () => current(preview).length - shown.length,
    /**
     * What changed since the last one, `most` UTF-16 units of it; null when nothing did. Half of a surrogate pair at the end is
     * kept back until the other half is there, or nothing comes any more (`ended`): alone it would not survive UTF-8.
     */
    take (most = Infinity, ended = false): Chunk | null {
      const before = shown.length
      added ??= compare()
      const length = !ended && endsInHalf(added, added.length) ? added.length - 1 : added.length
      let end = Math.min(length, most)
      if (end < length && endsInHalf(added, end)) end += end > 1 ? -1 : 1
      const offset = shown.length
      if (end === 0 && offset === before) return null
      const chunk = wellFormed(added.slice(0, end))
      shown += chunk
      added = added.slice(end)
      return { offset, chunk }
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
