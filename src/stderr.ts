import { constants, fstatSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'
import sonic from 'sonic-boom'
import type { Clock } from './clock.ts'

/** Bytes that are kept for a reader who is behind. What comes when they are full is dropped. */
const UNREAD = 16 * 1024 * 1024
/** ms until a full pipe is tried again. Each line tries it too. */
const AGAIN = 100
/** ms that a reader gets at the end to take what is left, and until it is tried again then. */
const LAST_LINES = 1_000
const LAST_AGAIN = 1

/**
 * Where the lines of a server go, each at once: the last are there however the process ends.
 * Whoever does not read them holds up nothing: not the server, nor its end.
 */
export function openStderr ({ after }: Pick<Clock, 'after'>) {
  const { fd, sync } = neverWaits()
  // Left to itself it tries a full pipe again by sleeping, or at moments that are not ours to choose.
  const destination = new sonic.SonicBoom({ fd, sync, maxLength: UNREAD, retryEAGAIN: () => false })
  let again = AGAIN
  /** It waits to be tried again. */
  let full = false
  let over = false

  destination.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (over || code !== 'EAGAIN') {
      over = true // nobody can read it any more
      destination.destroy()
      return
    }
    if (full) return
    full = true
    after(again, () => {
      full = false
      write('')
    })
  })

  /** Writes what waits too. */
  function write (lines: string): void {
    if (!over) destination.write(lines)
  }

  return {
    write,
    /** Resolves when all is written, or the time for it is over. What is written after that is dropped. */
    async close (): Promise<void> {
      if (over) return
      again = LAST_AGAIN
      await new Promise<void>(resolve => {
        destination.on('drain', () => { if (!full) resolve() }) // it comes late, when there may be more
        destination.once('close', resolve)
        after(LAST_LINES, resolve)
        write('')
      })
      over = true
      if (sync) destination.destroy() // else it may be in the middle of a write, and would write nothing again and again
    }
  }
}

/**
 * Whoever asks for process.stderr makes a pipe one that says it is full, where a write would else wait, and a terminal one that waits.
 * Both are so for all who share them, and whichever Node ends first takes it back. So we open our own, where that can be.
 */
function neverWaits (): { fd: number, sync: boolean } {
  const { fd } = process.stderr
  if (fstatSync(fd).isFile()) return { fd, sync: true } // who shares it goes on where the other ended
  try {
    return { fd: openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY), sync: true }
  } catch { // a socket, a system other than Linux, or another user's
    return { fd, sync: !isatty(fd) } // a terminal holds up a thread, and the end
  }
}
