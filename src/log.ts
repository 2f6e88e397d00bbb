import type { Event, StoredEvent } from '../schemas/event.ts'
import type { Bus, Published } from './bus/bus.ts'
import type { Clock } from './clock.ts'
import { createFeed, type Feed, type Reader } from './feed.ts'
import type { EventRow, Store } from './store/store.ts'

/** What happened, in one order. The only publisher of events. */
export interface Log {
  /** Store the events as one with `change`, then publish them. */
  append (events: Event | readonly Event[], change?: () => void): StoredEvent[]
  /** The number of the newest event. */
  head (): number
  /** Where a reader of these rooms that has all up to `after` goes on, and whether something it has not seen is gone. */
  begin (after: number, rooms: readonly string[]): { verdict: 'ok' | 'gap', from: number, head: number }
  /** Of some session what is up to this number may be gone. */
  holes (): number
  /** After `after`, oldest first, `limit` at most. */
  read (after: number, limit: number): Published[]
  /** Hear the events of a room from now on. */
  subscribe: Bus['subscribe']
  /** A reader with a cursor: what it missed, then what comes, without a hole and without a repeat. */
  follow (reader: Reader): Feed
}

export function createLog ({ store, bus, clock }: { store: Store, bus: Bus, clock: Clock }): Log {
  const log: Log = {
    append (events, change) {
      const at = clock.now()
      const stored = store.transaction(() => {
        change?.()
        return [events].flat().map(event => store.events.append(event as Event, at))
      })
      for (const event of stored) bus.publish(publishedOf(event))
      return stored
    },
    head: () => store.events.head(),
    begin (after, rooms) {
      const [head, floor] = [store.events.head(), store.events.floor()]
      // A cursor beyond the end is of another log: what this one has is all news.
      if (after < floor || after > head) return { verdict: 'gap', from: floor, head }
      // Of one session alone it is known exactly. What is left of the others is not skipped for its sake.
      const whole = rooms.every(room => after >= store.events.holes(/^session:(.*)/.exec(room)?.[1]))
      return { verdict: whole ? 'ok' : 'gap', from: after, head }
    },
    holes: () => store.events.holes(),
    read: (after, limit) => store.events.since(after, limit).map(publishedRow),
    subscribe: (room, deliver) => bus.subscribe(room, deliver),
    follow: reader => createFeed(source, reader)
  }
  const source = { ...log, clock }
  return log
}

function publishedOf (event: StoredEvent): Published {
  let text: string | undefined
  return {
    seq: event.seq,
    name: event.event,
    team: event.data.team,
    sessionId: event.data.sessionId,
    event,
    text: () => text ??= JSON.stringify({ event: event.event, data: event.data, seq: event.seq })
  }
}

/** From the store, where the data is JSON already. */
function publishedRow ({ seq, at, event, team, sessionId, data }: EventRow): Published {
  return {
    seq,
    name: event,
    team,
    sessionId,
    get event () { return { event, data: JSON.parse(data) as unknown, seq, at } as StoredEvent },
    text: () => `{"event":${JSON.stringify(event)},"data":${data},"seq":${seq}}`
  }
}
