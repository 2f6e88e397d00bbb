import type { Published } from './frames.ts'

/** A stored event on its way over the wire, made once however many hear it. */
export interface Prepared {
  readonly seq: number
  readonly text: string
  readonly prepared: true
}

/** Frames of one turn of the event loop in one piece, made once for all who get the same ones. */
export type Join = (parts: readonly Prepared[]) => Buffer

export function preparer (): (published: Published) => Prepared {
  const made = new WeakMap<Published, Prepared>()
  return published => {
    let prepared = made.get(published)
    if (prepared === undefined) made.set(published, prepared = { seq: published.seq, text: published.text(), prepared: true })
    return prepared
  }
}

/** Whoever gets several of them begins with one that the others begin with, mostly. */
export function joiner (): Join {
  const made = new WeakMap<Prepared, { parts: readonly Prepared[], frames: Buffer }>()
  return parts => {
    const first = parts[0]!
    const known = made.get(first)
    if (known !== undefined && known.parts.length === parts.length && parts.every((part, n) => part === known.parts[n])) return known.frames
    const frames = textFrames(parts.map(({ text }) => text))
    made.set(first, { parts, frames })
    return frames
  }
}

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

/** Runs all that it was given in one turn at the end of that turn. */
export function endOfTurn (): (work: () => void) => void {
  let waiting: (() => void)[] = []
  function run () {
    const now = waiting
    waiting = []
    for (const work of now) work()
  }
  return work => { if (waiting.push(work) === 1) setImmediate(run) }
}
