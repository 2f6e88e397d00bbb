import { open } from 'node:fs/promises'

const BLOCK = 64 * 1024
const NEWLINE = 0x0A

/**
 * The lines of a file, the last one first, without what is empty. A file that grows for months is read only as far as
 * its reader goes on, and `limit` bytes at most: a line that begins before that is not given. Throws where there is no
 * such file.
 */
export async function * linesBackwards (path: string, limit: number): AsyncGenerator<string> {
  const file = await open(path)
  try {
    let at = (await file.stat()).size
    const end = Math.max(0, at - limit)
    /** The pieces of the line whose beginning is still to be read, the last one first. */
    let pieces: Buffer[] = []
    while (at > end) {
      const from = Math.max(end, at - BLOCK)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(at - from), 0, at - from, from)
      at = from
      let right = bytesRead
      while (right > 0) {
        const newline = buffer.lastIndexOf(NEWLINE, right - 1)
        if (newline < 0) break
        pieces.push(buffer.subarray(newline + 1, right))
        right = newline
        const line = whole(pieces)
        pieces = []
        if (line !== '') yield line
      }
      pieces.push(buffer.subarray(0, right))
    }
    const first = whole(pieces)
    if (at === 0 && first !== '') yield first
  } finally {
    await file.close()
  }
}

const whole = (pieces: Buffer[]) => Buffer.concat(pieces.reverse()).toString()
