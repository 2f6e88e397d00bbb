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
