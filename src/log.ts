import type { Event, StoredEvent } from '../schemas/event.ts'
import type { Bus, Published } from './bus/bus.ts'
import type { Clock } from './clock.ts'
import { createFeed, RUN, selector, type Feed, type Reader } from './feed.ts'
import type { EventRow, Store } from './store/store.ts'

/** What happened, in one order. The only publisher of events. */
export interface Log {
  /** Store the events as one with `change`, then publish them. What was noted before goes before them, into the same transaction. */
  append (events: Event | readonly Event[], change?: () => void): StoredEvent[]
  /**
   * Store and publish the event with others that come in the same turn of the event loop, before anybody else has his: a
   * transaction for each would cost more than the event. `then` hears of it when that is done, and nobody where the store fails.
   */
  note (event: Event, then?: (stored: StoredEvent) => void): void
  /** The same for what `write` changes in that transaction, stored as one with the events that it returns, or none. `failed` hears why it is not. */
  join (joint: { write (): readonly Event[], then (stored: StoredEvent[]): void, failed (err: unknown): void }): void
  /** What is noted is stored when it returns. */
  flush (): void
  /** The number of the newest event. */
  head (): number
  /** Where a reader of these rooms that has all up to `after` goes on, and whether something it has not seen is gone. */
  begin (after: number, rooms: readonly string[]): { verdict: 'ok' | 'gap', from: number, head: number }
  /** Of some session what is up to this number may be gone. */
  holes (): number
  /** After `after`, oldest first, `limit` at most. */
  read (after: number, limit: number): Published[]
  /** Hear the events of a room from now on. */
  subscribe (room: string, deliver: (published: Published) => void): () => void
  /** The same, and what comes of one session at once together. */
  listen: Bus['subscribe']
  /** A reader with a cursor: what it missed, then what comes, without a hole and without a repeat. */
  follow (reader: Reader): Feed
}

export function createLog ({ store, bus, clock, onError }: { store: Store, bus: Bus, clock: Clock, onError: (err: unknown) => void }): Log {
  const select = selector()
  let noted: Noted[] = []

  /**
   * All of it or nothing. It is published before anybody is told that it is stored: who hears of that may append, and what comes of it
   * has later numbers.
   */
  function keep (notes: readonly Noted[], work?: () => Fresh[]): Fresh[] {
    let noted: Fresh[][] = []
    const own = store.transaction(() => {
      noted = notes.map(({ write, at }) => write().map(event => put(event, at)))
      return work?.() ?? []
    })
    publish([...noted.flat(), ...own])
    for (const [n, { then }] of notes.entries()) {
      try { then?.(noted[n]!.map(({ event }) => event)) } catch (err) { onError(err) }
    }
    return own
  }

  /** Together with what else comes in this turn of the event loop. */
  function add (note: Noted) {
    if (noted.push(note) === 1) setImmediate(flush)
  }

  function put (event: Event, at: number): Fresh {
    const { seq, data } = store.events.append(event, at)
    return new Fresh(event, at, seq, data)
  }

  function publish (stored: readonly Fresh[]) {
    let run: Published[] = []
    let size = 0
    for (const published of stored) {
      if (run[0] !== undefined && (size > RUN || run[0].sessionId !== published.sessionId || run[0].team !== published.team)) {
        bus.publish(run as [Published])
        run = []
        size = 0
      }
      run.push(published)
      size += published.size
    }
    if (run.length > 0) bus.publish(run as [Published])
  }

  function flush () {
    const notes = noted
    noted = []
    if (notes.length === 0) return
    try {
      keep(notes)
    } catch (err) {
      // One that cannot be stored does not take the others with it.
      if (notes.length === 1) notes[0]!.failed(err)
      else for (const note of notes) try { keep([note]) } catch (err) { note.failed(err) }
    }
  }

  const log: Log = {
    append (events, change) {
      const at = clock.now()
      const work = () => {
        change?.()
        return [events].flat().map(event => put(event as Event, at))
      }
      const notes = noted
      noted = []
      let stored: Fresh[]
      try {
        stored = keep(notes, work)
      } catch (err) {
        if (notes.length === 0) throw err
        noted = notes
        flush()
        stored = keep([], work)
      }
      return stored.map(({ event }) => event)
    },
    note (event, then) {
      add({ write: () => [event], at: clock.now(), then: then && (([stored]) => { then(stored!) }), failed: onError })
    },
    join (joint) {
      add({ at: clock.now(), ...joint })
    },
    flush,
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
    read: (after, limit) => store.events.since(after, limit).map(row => new Kept(row)),
    subscribe (room, deliver) {
      let here = true
      const leave = bus.subscribe(room, run => {
        for (const published of run) if (here) deliver(published)
      })
      return () => { here = false; leave() }
    },
    listen: bus.subscribe,
    follow: reader => createFeed(source, reader, select)
  }
  const source = { ...log, clock, onError }
  return log
}

interface Noted {
  readonly at: number
  readonly write: () => readonly Event[]
  readonly then: ((stored: StoredEvent[]) => void) | undefined
  readonly failed: (err: unknown) => void
}

/** The frame of an event, from its data as it is kept. */
const frameOf = (name: string, data: string, seq: number) => `{"event":"${name}","data":${data},"seq":${seq}}`

/** One that has just been stored. */
class Fresh implements Published {
  readonly seq: number
  readonly name: Published['name']
  readonly team: string
  readonly sessionId: string
  readonly #given: Event
  readonly #at: number
  readonly #data: string
  #event: StoredEvent | undefined
  #text: string | undefined

  constructor (given: Event, at: number, seq: number, data: string) {
    this.seq = seq
    this.name = given.event
    this.team = given.data.team
    this.sessionId = given.data.sessionId
    this.#given = given
    this.#at = at
    this.#data = data
  }

  get size () { return this.#data.length }
  /** Field by field: whoever counts what happens asks each for it, and a copy by spread takes many times as long. */
  get event () { return this.#event ??= { event: this.name, data: this.#given.data, seq: this.seq, at: this.#at } as StoredEvent }
  text () { return this.#text ??= frameOf(this.name, this.#data, this.seq) }
}

/** One that was read, with its data in JSON already. */
class Kept implements Published {
  readonly seq: number
  readonly name: Published['name']
  readonly team: string
  readonly sessionId: string
  readonly #row: EventRow
  #text: string | undefined

  constructor (row: EventRow) {
    this.seq = row.seq
    this.name = row.event
    this.team = row.team
    this.sessionId = row.sessionId
    this.#row = row
  }

  get event () {
    const { seq, at, event, data } = this.#row
    return { event, data: JSON.parse(data) as unknown, seq, at } as StoredEvent
  }

  text () { return this.#text ??= frameOf(this.name, this.#row.data, this.seq) }
}
