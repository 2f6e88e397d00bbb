import { write, writeSync } from 'node:fs'
import type { Clock } from './clock.ts'

/** Characters that are kept for a reader who is behind. What comes when they are full is dropped. */
const UNREAD = 16 * 1024 * 1024
/** Characters that are handed on at once, where more wait. */
const AT_ONCE = 16 * 1024
/** ms until a full pipe is tried again. */
const AGAIN = 100
/** ms that a reader gets at the end to take what is left, and until it is tried again then. */
const LAST_LINES = 1_000
const LAST_AGAIN = 5

/** Where the lines of a server go. Whoever does not read them holds up nothing: not the server, nor its end. */
export function openStderr ({ after }: Pick<Clock, 'after'>) {
  // Whoever asks for process.stderr makes a pipe one that says it is full, where a write would else wait.
  const { fd } = process.stderr
  const waiting: string[] = []
  let kept = 0
  /** What the system has not taken whole. */
  let piece: Buffer | undefined
  let writing = false
  /** Whether it waits for a reader. */
  let full = false
  let again = AGAIN
  let over = false
  let idle = () => {}

  function take (): Buffer | undefined {
    const next = waiting.shift()
    if (next === undefined) return undefined
    kept -= next.length
    return Buffer.from(next)
  }

  function go (): void {
    full = false
    piece ??= take()
    writing = piece !== undefined
    if (piece === undefined) return idle()
    write(fd, piece, (err, took) => {
      if (err === null) {
        piece = took < piece!.length ? piece!.subarray(took) : undefined
        return go()
      }
      full = err.code === 'EAGAIN'
      if (full && !over) {
        after(again, go)
        return
      }
      over = true // nobody can read it any more
      waiting.length = 0
      idle()
    })
  }

  return {
    write (lines: string): void {
      if (over || kept + lines.length > UNREAD) return
      kept += lines.length
      const last = waiting.length - 1
      if (last >= 0 && waiting[last]!.length < AT_ONCE) waiting[last] += lines
      else waiting.push(lines)
      if (!writing) go()
    },
    /** Writes now what waits, as far as the system takes it: for who ends the process next. */
    flush (): void {
      try {
        for (let next = full ? piece : take(); next !== undefined; next = take()) {
          while (next.length > 0) next = next.subarray(writeSync(fd, next))
        }
      } catch { /* nobody reads */ }
    },
    /** Resolves when all is written, or the time for it is over. What is written after that is dropped. */
    async close (): Promise<void> {
      if (writing && !over) {
        again = LAST_AGAIN
        await new Promise<void>(resolve => {
          idle = resolve
          after(LAST_LINES, resolve)
        })
      }
      over = true
    }
  }
}
