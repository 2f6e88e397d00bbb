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
  /** `wants` narrows what of the room is delivered; `name` tells several interests in one room apart. */
  join (room: string, wants: (published: Published) => boolean, name?: string): void
  leave (name: string): void
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
  const joined = new Map<string, { room: string, wants: (published: Published) => boolean, leave: () => void }>()
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
    if (!stopped) cancel = whenRoom(pump) // asking whether it is full may have ended it
  }

  /** Reads on until nothing is left, which is known in the same turn in which it becomes live: no event falls between. */
  function pump () {
    if (stopped) return
    if (full()) return fallBehind()
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

  function isWanted (published: Published): boolean {
    const session = `session:${published.sessionId}`
    const team = `team:${published.team}`
    for (const { room, wants } of joined.values()) if ((room === session || room === team || room === 'all') && wants(published)) return true
    return false
  }

  function leave (name: string) {
    joined.get(name)?.leave()
    joined.delete(name)
  }

  return {
    join (room, wants, name = room) {
      leave(name)
      joined.set(name, { room, wants, leave: log.subscribe(room, published => { hear(published, wants) }) })
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
      for (const name of [...joined.keys()]) leave(name)
    }
  }
}
