import type { Published } from './frames.ts'

/** Stored events that came together, on their way over the wire: made once however many hear them. */
export class Prepared {
  readonly events: readonly Published[]
  readonly texts: readonly string[]
  /** Of the last of them. */
  readonly seq: number
  /** UTF-16 units of them. */
  readonly size: number
  #frames: Buffer | undefined

  constructor (events: readonly Published[]) {
    this.events = events
    this.seq = events[events.length - 1]!.seq
    this.texts = events.map(published => published.text())
    this.size = this.texts.reduce((sum, text) => sum + text.length, 0)
  }

  get frames (): Buffer {
    return this.#frames ??= textFrames(this.texts)
  }
}

/** Makes what came together ready to be sent. Who is given the same is given the same object, also where each has picked it for himself. */
export type Prepare = (run: readonly Published[]) => Prepared

export function preparer (): Prepare {
  const made = thisTurn<Published, Prepared>()
  let last: Prepared | undefined
  return run => {
    if (last?.events === run) return last
    const known = made.get(run[0]!)
    if (known !== undefined && isSame(known.events, run)) return known
    last = new Prepared(run)
    made.set(run[0]!, last)
    return last
  }
}

/** What a client is sent of one turn of the event loop in one piece, made once for all who get the same. */
export type Join = (parts: readonly Prepared[]) => Buffer

/** Whoever gets several of them begins with one that the others begin with, mostly. */
export function joiner (): Join {
  const made = thisTurn<Prepared, { parts: readonly Prepared[], frames: Buffer }>()
  return parts => {
    const first = parts[0]!
    const known = made.get(first)
    if (known !== undefined && isSame(known.parts, parts)) return known.frames
    const frames = textFrames(parts.flatMap(({ texts }) => texts))
    made.set(first, { parts, frames })
    return frames
  }
}

/**
 * What is made for several in one turn of the event loop is kept to its end, in a map of its own. A WeakMap, or one map that is
 * cleared, would have it survive every small collection of garbage.
 */
function thisTurn<K, V> (): Pick<Map<K, V>, 'get'> & { set (key: K, value: V): void } {
  let made: Map<K, V> | undefined
  return {
    get: key => made?.get(key),
    set (key, value) {
      if (made === undefined) {
        made = new Map()
        setImmediate(() => { made = undefined })
      }
      made.set(key, value)
    }
  }
}

const isSame = (some: readonly object[], others: readonly object[]) => some.length === others.length && some.every((one, n) => one === others[n])

/** Unfragmented, unmasked text frames (RFC 6455, section 5.2): what a server sends where no extension is in use. */
export function textFrames (texts: readonly string[]): Buffer {
  const lengths = texts.map(text => Buffer.byteLength(text))
  const frames = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headOf(length) + length, 0))
  let at = 0
  for (const [n, text] of texts.entries()) {
    const length = lengths[n]!
    const head = headOf(length)
    frames[at] = 0x81
    if (head === 2) frames[at + 1] = length
    else if (head === 4) {
      frames[at + 1] = 126
      frames.writeUInt16BE(length, at + 2)
    } else {
      frames[at + 1] = 127
      frames.writeBigUInt64BE(BigInt(length), at + 2)
    }
    at += head
    at += frames.write(text, at)
  }
  return frames
}

/** Bytes of a frame before its payload. */
const headOf = (length: number) => length < 126 ? 2 : length < 65_536 ? 4 : 10
