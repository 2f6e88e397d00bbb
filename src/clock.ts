/** The only reader of time. Tests pass one that stands still until told. */
export interface Clock {
  /** Unix ms. */
  now (): number
  /** ms since some moment. Unlike `now` it never jumps, so spans are measured by it. */
  elapsed (): number
  /** Run `fn` once after `ms`; the returned function takes that back. A pending timer never keeps the process alive. */
  after (ms: number, fn: () => void): () => void
}

/** setTimeout fires at once for a delay above 2^31-1 ms, so longer ones are cut to it. */
const LONGEST = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after (ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, LONGEST))
    timer.unref()
    return () => { clearTimeout(timer) }
  }
}
