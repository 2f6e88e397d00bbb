import { once } from 'node:events'

/** Writes messages to stdout, each a line; what comes in one turn of the event loop leaves in one write. */
export function createWriter (stdout: NodeJS.WritableStream, over: AbortSignal) {
  let lines: (string | Buffer)[] = []
  let full: Promise<void> | undefined
  let unread = 0

  function flush () {
    const now = lines
    lines = []
    if (over.aborted || now.length === 0) return
    const took = now.every(line => typeof line === 'string')
      ? stdout.write(now.join('\n') + '\n')
      : stdout.write(Buffer.concat(now.flatMap(line => [typeof line === 'string' ? Buffer.from(line) : line, NEWLINE])))
    if (took) return
    full ??= once(stdout, 'drain', { signal: over }).catch(() => { /* over */ }).then(() => {
      full = undefined
      unread = 0
    })
  }

  return {
    /** Writes now what would be written at the end of this turn. */
    flush,
    /** Lines that the reader is behind with. */
    get unread () { return unread },
    /** Resolves when a slow reader has caught up; undefined where there is nothing to wait for. */
    write (message: string | Buffer): Promise<void> | undefined {
      if (lines.push(onOneLine(message)) === 1) process.nextTick(flush)
      if (full !== undefined) unread++
      return full
    }
  }
}

const NEWLINE = Buffer.from('\n')

/** JSON may have line breaks between its parts. */
const onOneLine = (message: string | Buffer) => message.includes('\n') ? JSON.stringify(JSON.parse(message.toString())) : message
