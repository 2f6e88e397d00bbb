import type { Afterwards, Published } from './bus/bus.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

/** One who reads the log through a connection of limited width. */
export interface Reader {
  /** What came together. Where many hear it, what this returns is done when all of them have, and once for all who return the same. */
  deliver (run: readonly Published[]): Afterwards | void
  /** Whether it must read on before it is given more. */
  full (): boolean
  /** How much it was given and has not read yet, bytes. */
  unread (): number
  /** Calls `go` once all of that is read; the returned function takes that back. */
  whenDrained (go: () => void): () => void
  /** It reads nothing any more, or something it has not read is gone: its connection ends. It may come back by its cursor. */
  giveUp (): void
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
   * After `hold`: read on from `after`; `caughtUp` is called when all that was missed is delivered, and with no event in between it is
   * live again. The first time, what came to a room since it was joined is not delivered again; what came to one that was left since is.
   */
  seek (after: number, caughtUp: (seq: number) => void): void
  stop (): void
}

/** What is wanted of a run; the run itself where that is all of it. */
export type Select = (run: readonly Published[], wants: (published: Published) => boolean) => readonly Published[]

/** Most who hear a room want the same of it, and are visited one after the other: it is looked at once for all of them. */
export function selector (): Select {
  let last: { run: readonly Published[], wants: (published: Published) => boolean, wanted: readonly Published[] } | undefined
  return (run, wants) => {
    if (last?.run !== run || last.wants !== wants) last = { run, wants, wanted: run.every(wants) ? run : run.filter(wants) }
    return last.wanted
  }
}

/** UTF-16 units of events that are delivered as one: between two a reader is asked whether that is too much for it. */
export const RUN = 32 * 1024

/** Events read from the store at a time, at most: a page takes a fraction of a millisecond. Of large ones as many as were taken the last time, and some. */
const PAGE = 200

/** ms in which a reader that is behind must have read something. */
const PROGRESS_WITHIN = 10_000

export function createFeed (
  log: Pick<Log, 'head' | 'holes' | 'read' | 'listen'> & { readonly clock: Pick<Clock, 'after'> },
  reader: Reader,
  select: Select
): Feed {
  const joined = new Map<string, { room: string, wants: (published: Published) => boolean, since: number, leave: () => void }>()
  /** What of its room is wanted, where there is only one. */
  let alone: ((published: Published) => boolean) | undefined
  let cursor = log.head()
  let live = true
  /** Up to where, at its first `seek`, each room had delivered all since it was joined; 0 once it has caught up. */
  let had: number | undefined
  let stopped = false
  let caughtUp: ((seq: number) => void) | undefined
  let cancel = () => {}
  /** What may be gone of the log, as far as the reader was told or had it. */
  let told = 0
  let size = PAGE

  /** What came of one session at once is delivered whole, in its order, when the first of its rooms brings it. */
  function hear (run: readonly Published[]): Afterwards | void {
    const { seq } = run[run.length - 1]!
    if (!live || seq <= cursor) return
    const news = run[0]!.seq > cursor ? run : run.filter(published => published.seq > cursor)
    const wanted = alone !== undefined ? select(news, alone) : news.every(isWanted) ? news : news.filter(isWanted)
    if (wanted.length > 0 && reader.full()) {
      cursor = wanted[0]!.seq - 1 // all that was wanted before it is delivered
      return fallBehind()
    }
    cursor = seq
    if (wanted.length > 0) return reader.deliver(wanted)
  }

  /** To this reader alone. */
  function give (run: readonly Published[]) {
    const then = reader.deliver(run)
    if (then) then()
  }

  function hold () {
    cancel()
    live = false
    told = log.holes()
  }

  function fallBehind () {
    hold()
    awaitRoom()
  }

  /** Goes on once the reader has read all. Slow is fine, as long as it gets on. */
  function awaitRoom () {
    if (stopped) return // asking whether it is full may have ended it
    let before = reader.unread()
    let cancelLook = log.clock.after(PROGRESS_WITHIN, look)
    const deaf = reader.whenDrained(() => { cancel(); pump() })
    cancel = () => { cancelLook(); deaf() }
    function look () {
      const now = reader.unread()
      if (now >= before) return reader.giveUp()
      before = now
      cancelLook = log.clock.after(PROGRESS_WITHIN, look)
    }
  }

  /** Reads on until nothing is left, which is known in the same turn in which it becomes live: no event falls between. */
  function pump () {
    if (stopped) return
    if (reader.full()) return awaitRoom()
    if (log.holes() > Math.max(told, cursor)) return reader.giveUp()
    const page = log.read(cursor, size)
    if (page.length === 0) {
      live = true
      if (caughtUp !== undefined) {
        caughtUp(cursor)
        caughtUp = undefined
        had = 0
      }
      return
    }
    let taken = 0
    while (taken < page.length && !reader.full()) {
      const run: Published[] = []
      for (let units = 0; taken < page.length && units <= RUN; taken++) {
        const published = page[taken]!
        cursor = published.seq
        if (!isWanted(published)) continue
        run.push(published)
        units += published.text().length
      }
      if (run.length > 0) give(run)
    }
    size = Math.min(PAGE, 2 * Math.max(1, taken))
    const next = setImmediate(pump)
    cancel = () => { clearImmediate(next) }
  }

  /** Whether some room wants it, and none has had it. */
  function isWanted (published: Published): boolean {
    const session = `session:${published.sessionId}`
    const team = `team:${published.team}`
    let wanted = false
    for (const { room, wants, since } of joined.values()) {
      if ((room !== session && room !== team && room !== 'all') || !wants(published)) continue
      if (had !== undefined && since < published.seq && published.seq <= had) return false
      wanted = true
    }
    return wanted
  }

  function leave (name: string) {
    joined.get(name)?.leave()
    joined.delete(name)
    count()
  }

  function count () {
    const [only] = joined.values()
    alone = joined.size === 1 ? only!.wants : undefined
  }

  return {
    join (room, wants, name = room) {
      leave(name)
      joined.set(name, { room, wants, since: log.head(), leave: log.listen(room, hear) })
      count()
    },
    leave,
    get live () { return live },
    hold,
    seek (after, tell) {
      cancel()
      had ??= cursor
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
