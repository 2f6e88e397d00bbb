import { isAscii, isUtf8 } from 'node:buffer'

/** The longest line that is kept, in bytes. */
const LONGEST_LINE = 32 * 1024 * 1024

/** The largest room that is kept for lines to come, in bytes. */
const LARGEST_ROOM = 512 * 1024

export interface LinesOptions {
  /** A whole line, without its end. */
  line (text: string): void
  /** A line was longer than `limit` and is lost; `bytes` is how long it was. */
  tooLong (bytes: number): void
  /** A line's bytes are no UTF-8, and it is lost. Without this, what is none of it is replaced. */
  broken? (): void
  limit?: number
}

export interface Lines {
  push (chunk: Buffer): void
  /** No more bytes follow: what is left is a line too. */
  end (): void
}

/**
 * Cuts bytes into lines at 0x0A and nowhere else (U+2028 may stand unescaped in JSON). Bytes become text only when
 * their line is whole, so no character is cut by a chunk's border. Holds at most `limit` bytes.
 */
export function createLines ({ line, tooLong, broken, limit = LONGEST_LINE }: LinesOptions): Lines {
  let parts: Buffer[] = []
  let length = 0
  /** Whether they are all of ASCII, as most are: then they are read a byte a character, which is faster. */
  let plain = true
  /** Where a line that comes in pieces is put together. */
  let room = Buffer.alloc(0)

  function add (part: Buffer, ascii: boolean) {
    plain &&= ascii
    length += part.length
    if (length > limit) parts = []
    else if (part.length > 0) parts.push(part)
  }

  /** A line as text; undefined where it is none. */
  function read (bytes: Buffer, from: number, to: number, ascii: boolean): string | undefined {
    return broken === undefined || ascii || isUtf8(bytes.subarray(from, to)) ? bytes.toString(ascii ? 'latin1' : 'utf8', from, to) : undefined
  }

  function hear (text: string | undefined) {
    if (text === undefined) broken!()
    else line(text)
  }

  function joined (): string | undefined {
    if (room.length < length) room = Buffer.allocUnsafeSlow(length)
    let at = 0
    for (const part of parts) at += part.copy(room, at)
    const text = read(room, 0, length, plain)
    if (room.length > LARGEST_ROOM) room = Buffer.alloc(0)
    return text
  }

  function finish () {
    const bytes = length
    const text = bytes > limit ? '' : joined()
    parts = []
    length = 0
    plain = true
    if (bytes > limit) tooLong(bytes)
    else hear(text)
  }

  return {
    push (chunk) {
      let from = 0
      const ascii = isAscii(chunk)
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        // Most lines lie within one chunk: they are read where they are.
        if (length === 0 && at - from <= limit) hear(read(chunk, from, at, ascii))
        else {
          add(chunk.subarray(from, at), ascii)
          finish()
        }
        from = at + 1
      }
      if (from < chunk.length) add(chunk.subarray(from), ascii)
    },
    end () {
      if (length > 0) finish()
    }
  }
}
