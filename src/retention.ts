import type { Settings } from '../schemas/config.ts'
import type { Clock } from './clock.ts'
import type { Store } from './store/store.ts'

/** ms between looks, and between the steps of one that finds much. */
const EVERY = 60_000
const STEP = 20
/** Events dropped at once: of as many sessions, a step takes some 10 ms. */
const BATCH = 250

/**
 * Drops what is too old or too much from the front of the log, and from that of each session, a little at a time. A cursor
 * that points before what is kept is told so. Returns its end.
 */
export function keepTrimmed ({ store, clock, keep, onError }: {
  store: Pick<Store, 'events'>
  clock: Clock
  /** ms, counts and bytes; 0 is without bound. */
  keep: () => Pick<Settings, 'keepEvents' | 'maxEvents' | 'maxLogSize' | 'maxSessionEvents' | 'maxSessionSize'>
  onError: (err: unknown) => void
}): () => void {
  let cancel = clock.after(EVERY, look)

  function look () {
    let more = false
    try {
      more = step()
    } catch (err) {
      onError(err)
    }
    cancel = clock.after(more ? STEP : EVERY, look)
  }

  /** Whether there may be more to drop. */
  function step (): boolean {
    const { keepEvents, maxEvents, maxLogSize, maxSessionEvents, maxSessionSize } = keep()
    const before = keepEvents > 0 ? clock.now() - keepEvents : 0
    return store.events.trim({ before, events: maxEvents, bytes: maxLogSize }, BATCH) === BATCH ||
      store.events.trimSessions({ events: maxSessionEvents, bytes: maxSessionSize }, BATCH) === BATCH
  }

  return () => { cancel() }
}
