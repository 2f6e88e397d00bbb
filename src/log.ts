import type { Event, StoredEvent } from '../schemas/event.ts'
import type { Bus } from './bus/bus.ts'
import type { Clock } from './clock.ts'
import type { Store } from './store/store.ts'

/** What happened, in one order. The only publisher of events. */
export interface Log {
  /** Store the events as one with `change`, then publish them. */
  append (events: Event | readonly Event[], change?: () => void): StoredEvent[]
  /** The number of the newest event. */
  head (): number
  /** Hear the events of a room from now on. */
  subscribe: Bus['subscribe']
}

export function createLog ({ store, bus, clock }: { store: Store, bus: Bus, clock: Clock }): Log {
  return {
    append (events, change) {
      const at = clock.now()
      const stored = store.transaction(() => {
        change?.()
        return [events].flat().map(event => store.events.append(event as Event, at))
      })
      for (const event of stored) bus.publish(event)
      return stored
    },
    head: () => store.events.head(),
    subscribe: (room, deliver) => bus.subscribe(room, deliver)
  }
}
