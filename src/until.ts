import type { Clock } from './clock.ts'

/** What comes once. A promise would keep something of everybody who ever waited for it, until it comes. */
export interface Once<T> {
  /** The first one counts. */
  come (what: T): void
  /** Calls `hear` when it comes, at once where it has come; the returned function takes that back. */
  hear (hear: (what: T) => void): () => void
}

export function createOnce<T extends string> (): Once<T> {
  const waiting = new Set<(what: T) => void>()
  let come: T | undefined
  return {
    come (what) {
      if (come !== undefined) return
      come = what
      for (const hear of waiting) hear(what)
      waiting.clear()
    },
    hear (hear) {
      if (come !== undefined) hear(come)
      else waiting.add(hear)
      return () => { waiting.delete(hear) }
    }
  }
}

/** What comes of `once`; else 'time' after `ms` (0: never), else 'aborted' when `signal` aborts. */
export function until<T> (once: Once<T>, { ms = 0, signal, clock }: { ms?: number, signal?: AbortSignal, clock: Clock }): Promise<T | 'time' | 'aborted'> {
  if (signal?.aborted === true) return Promise.resolve('aborted')
  return new Promise(resolve => {
    const cancelTimer = ms > 0 ? clock.after(ms, () => { end('time') }) : () => {}
    const abort = () => { end('aborted') }
    let deaf = () => {}
    function end (how: T | 'time' | 'aborted') {
      cancelTimer()
      signal?.removeEventListener('abort', abort)
      deaf()
      resolve(how)
    }
    signal?.addEventListener('abort', abort, { once: true })
    deaf = once.hear(end)
  })
}

/** Resolves after `ms`. Rejects with the signal's reason when that aborts. */
export function pause (ms: number, { signal, clock }: { signal: AbortSignal, clock: Clock }): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel()
      reject(signal.reason as Error)
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

/** What `promise` gives, unless the signal aborts first. */
export function orAborted<T> (promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => { reject(signal!.reason as Error) }
    signal?.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => { signal?.removeEventListener('abort', abort) })
  })
}
