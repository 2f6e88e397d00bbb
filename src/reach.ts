import type { Clock } from './clock.ts'
import { IrisError } from './errors.ts'
import { pause } from './until.ts'

/**
 * A short outage of the place where an agent runs costs no tell: while it is out of reach, `attempt` is made again as
 * soon as it may be, for as long as a start may take (`patience`, ms). What else it rejects with, and the last of these,
 * is passed on. Rejects with the signal's reason when that aborts.
 */
export async function untilReached<T> (attempt: () => Promise<T>, { clock, patience, signal }: { clock: Clock, patience: number, signal: AbortSignal }): Promise<T> {
  const until = clock.elapsed() + patience
  for (;;) {
    try {
      return await attempt()
    } catch (err) {
      const wait = waitOf(err)
      if (wait === undefined || clock.elapsed() + wait > until) throw err
      await pause(wait, { clock, signal })
    }
  }
}

/** How long until another attempt may help, ms. */
function waitOf (err: unknown): number | undefined {
  if (!(err instanceof IrisError) || err.details?.reason !== 'unreachable') return undefined
  return Number(err.details.retryAfter) * 1000
}
