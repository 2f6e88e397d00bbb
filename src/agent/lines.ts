/** The longest line that is kept, in bytes. */
export const LONGEST_LINE = 32 * 1024 * 1024

export interface LinesOptions {
  /** A whole line, without its end. */
  line (text: string): void
  /** A line was longer than `limit` and is lost; `bytes` is how long it was. */
  tooLong (bytes: number): void
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
export function createLines ({ line, tooLong, limit = LONGEST_LINE }: LinesOptions): Lines {
  let parts: Buffer[] = []
  let length = 0

  function add (part: Buffer) {
    length += part.length
    if (length > limit) parts = []
    else if (part.length > 0) parts.push(part)
  }

  function finish () {
    const bytes = length
    const text = bytes > limit ? '' : Buffer.concat(parts, bytes).toString()
    parts = []
    length = 0
    if (bytes > limit) tooLong(bytes)
    else line(text)
  }

  return {
    push (chunk) {
      let from = 0
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        add(chunk.subarray(from, at))
        finish()
        from = at + 1
      }
      add(chunk.subarray(from))
    },
    end () {
      if (length > 0) finish()
    }
  }
}
