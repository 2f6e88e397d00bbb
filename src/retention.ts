import type { Clock } from './clock.ts'
import type { Store } from './store/store.ts'

/** ms between looks, and between the steps of one that finds much. */
const EVERY = 60_000
const STEP = 20
/** Events dropped at once: a step takes some milliseconds. */
const BATCH = 1_000

/**
 * Drops what is too old or too much from the front of the log, a little at a time. A cursor that points before what is kept
 * is told so. Returns its end.
 */
export function keepTrimmed ({ store, clock, keep, onError }: {
  store: Pick<Store, 'events'>
  clock: Clock
  /** ms and count; 0 is without bound. */
  keep: () => { keepEvents: number, maxEvents: number }
  onError: (err: unknown) => void
}): () => void {
  let cancel = clock.after(EVERY, look)

  function look () {
    let dropped = 0
    const { keepEvents, maxEvents } = keep()
    try {
      if (keepEvents > 0 || maxEvents > 0) {
        dropped = store.events.trim(keepEvents > 0 ? clock.now() - keepEvents : 0, maxEvents > 0 ? maxEvents : Number.MAX_SAFE_INTEGER, BATCH)
      }
    } catch (err) {
      onError(err)
    }
    cancel = clock.after(dropped === BATCH ? STEP : EVERY, look)
  }

  return () => { cancel() }
}
