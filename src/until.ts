import type { Clock } from './clock.ts'

/** What `done` resolves to; else 'time' after `ms` (0: never), else 'aborted' when `signal` aborts. `done` never rejects. */
export function until<T> (done: Promise<T>, { ms, signal, clock }: { ms: number, signal: AbortSignal, clock: Clock }): Promise<T | 'time' | 'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted')
  return new Promise(resolve => {
    const cancelTimer = ms > 0 ? clock.after(ms, () => { end('time') }) : () => {}
    const abort = () => { end('aborted') }
    function end (how: T | 'time' | 'aborted') {
      cancelTimer()
      signal.removeEventListener('abort', abort)
      resolve(how)
    }
    signal.addEventListener('abort', abort, { once: true })
    void done.then(end)
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
