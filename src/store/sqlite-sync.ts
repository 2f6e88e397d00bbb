import { close, closeSync, fdatasync, openSync } from 'node:fs'

/** Transactions between two times: about a thousand pages. */
const EVERY = 100

/**
 * Has the WAL written to the disk in the background, as it grows. A checkpoint, which holds up everybody, has to wait until all of it
 * is there: it finds most of it done. Whether it succeeds is for the checkpoint to see. SQLite keeps no locks on this file, so that
 * closing it here takes none away.
 */
export function syncer (file: string): { committed (): void, close (): void } {
  let transactions = 0
  let fd: number | undefined
  let busy = false
  let closed = false

  return {
    committed () {
      if (++transactions < EVERY || busy) return
      transactions = 0
      try { fd ??= openSync(file, 'r+') } catch { return }
      busy = true
      fdatasync(fd, () => {
        busy = false
        if (closed) close(fd!, () => {})
      })
    },
    close () {
      closed = true
      if (fd !== undefined && !busy) closeSync(fd)
    }
  }
}
