import { EventEmitter, once } from 'node:events'
import type { Clock } from '../../src/clock.ts'

/** A clock that stands still. `armed` resolves when something waits for it; `strike` runs all that waits. */
export function standingClock () {
  const events = new EventEmitter()
  const waiting = new Set<() => void>()
  const clock: Clock = {
    now: () => 0,
    elapsed: () => 0,
    after (_ms, fn) {
      waiting.add(fn)
      events.emit('armed')
      return () => { waiting.delete(fn) }
    }
  }
  const strike = () => {
    const due = [...waiting]
    waiting.clear()
    for (const fn of due) fn()
  }
  return { clock, waiting, strike, armed: async () => { if (waiting.size === 0) await once(events, 'armed') } }
}
