import type { Clock } from './clock.ts'

/** Characters that are handed on at once: a system call for each line would cost as much as the request. */
const AT_ONCE = 12_000
/** ms that a line waits at most. */
const WITHIN = 1_000

/** Gathers lines. What writes them looks through all that it still has at each call, so it is called with many. */
export function gatherLines ({ after }: Pick<Clock, 'after'>, write: (lines: string) => void) {
  let lines = ''
  let waits = false

  function flush (): void {
    if (lines === '') return
    const all = lines
    lines = ''
    write(all)
  }

  return {
    add (line: string): void {
      lines += line
      if (lines.length >= AT_ONCE) flush()
      if (waits || lines === '') return
      waits = true
      after(WITHIN, () => {
        waits = false
        flush()
      })
    },
    flush
  }
}
