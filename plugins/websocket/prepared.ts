import type { Published } from './frames.ts'

/** A stored event as it goes over the wire, made once however many hear it. */
export interface Prepared {
  readonly seq: number
  /** The whole frame, header and all. */
  readonly frame: Buffer
}

/** Frames of one turn of the event loop in one piece, made once for all who get the same ones. */
export type Join = (prepared: readonly Prepared[]) => Buffer

/** An unfragmented, unmasked text frame (RFC 6455, section 5.2): what a server sends where no extension is in use. */
export function textFrame (text: string): Buffer {
  const length = Buffer.byteLength(text)
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = 0x81
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, start)
  return frame
}

export function preparer (): (published: Published) => Prepared {
  const made = new WeakMap<Published, Prepared>()
  return published => {
    let prepared = made.get(published)
    if (prepared === undefined) made.set(published, prepared = { seq: published.seq, frame: textFrame(published.text()) })
    return prepared
  }
}

/** Whoever gets several of them begins with one that the others begin with, mostly. */
export function joiner (): Join {
  const made = new WeakMap<Prepared, { parts: readonly Prepared[], joined: Buffer }>()
  return parts => {
    const [first] = parts as [Prepared]
    if (parts.length === 1) return first.frame
    const known = made.get(first)
    if (known !== undefined && known.parts.length === parts.length && parts.every((part, n) => part === known.parts[n])) return known.joined
    const joined = Buffer.concat(parts.map(({ frame }) => frame))
    made.set(first, { parts, joined })
    return joined
  }
}

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
