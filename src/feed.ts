import type { Published } from './bus/bus.ts'
import type { Log } from './log.ts'

/** One who reads the log through a connection of limited width. */
export interface Reader {
  deliver (published: Published): void
  /** Whether it must read on before it is given more. */
  full (): boolean
  /** Calls `go` once it is no longer full; the returned function takes that back. Gives the reader up where that lasts too long. */
  whenRoom (go: () => void): () => void
}

/** A cursor in the log and the rooms it is read for. Nothing is queued for its reader: what is not read yet stays in the log. */
export interface Feed {
  /** `wants` narrows what of the room is delivered. */
  join (room: string, wants: (published: Published) => boolean): void
  leave (room: string): void
  /** Whether it is up to date: an event is delivered in the turn in which it is stored. */
  readonly live: boolean
  /** Deliver nothing until `seek`: it is all in the log. */
  hold (): void
  /**
   * Read on from `after`, save what this feed has delivered since it was made; `caughtUp` is called when all that was missed
   * is delivered, and with no event in between it is live again.
   */
  seek (after: number, caughtUp: (seq: number) => void): void
  stop (): void
}

/** Events delivered before the first `seek` that are remembered, so that it repeats none. Who resumes does so at once. */
const REMEMBERED = 10_000

/** Events read from the store at a time: a page takes a fraction of a millisecond. */
const PAGE = 200

export function createFeed (log: Pick<Log, 'head' | 'read' | 'subscribe'>, { deliver, full, whenRoom }: Reader): Feed {
  const rooms = new Map<string, { wants: (published: Published) => boolean, leave: () => void }>()
  let cursor = log.head()
  let live = true
  let seen: Set<number> | undefined = new Set()
  let stopped = false
  let caughtUp: ((seq: number) => void) | undefined
  let cancel = () => {}

  function hear (published: Published, wants: (published: Published) => boolean) {
    if (!live || published.seq <= cursor || !wants(published)) return
    if (full()) {
      cursor = published.seq - 1 // all that was wanted before it is delivered
      return fallBehind()
    }
    cursor = published.seq
    if (seen !== undefined && seen.size < REMEMBERED) seen.add(cursor)
    deliver(published)
  }

  function fallBehind () {
    live = false
    cancel = whenRoom(pump)
  }

  /** Reads on until nothing is left, which is known in the same turn in which it becomes live: no event falls between. */
  function pump () {
    if (stopped) return
    if (full()) {
      cancel = whenRoom(pump)
      return
    }
    const page = log.read(cursor, PAGE)
    if (page.length === 0) {
      live = true
      if (caughtUp !== undefined) {
        caughtUp(cursor)
        caughtUp = seen = undefined
      }
      return
    }
    for (const published of page) {
      if (full()) break
      cursor = published.seq
      if (isWanted(published) && seen?.has(cursor) !== true) deliver(published)
    }
    const next = setImmediate(pump)
    cancel = () => { clearImmediate(next) }
  }

  const isWanted = (published: Published) => [`session:${published.sessionId}`, `team:${published.team}`, 'all']
    .some(room => rooms.get(room)?.wants(published) === true)

  function leave (room: string) {
    rooms.get(room)?.leave()
    rooms.delete(room)
  }

  return {
    join (room, wants) {
      leave(room)
      rooms.set(room, { wants, leave: log.subscribe(room, published => { hear(published, wants) }) })
    },
    leave,
    get live () { return live },
    hold () {
      live = false
      cancel()
    },
    seek (after, tell) {
      cancel()
      live = false
      cursor = after
      caughtUp = tell
      pump()
    },
    stop () {
      stopped = true
      live = false
      cancel()
      for (const room of [...rooms.keys()]) leave(room)
    }
  }
}
