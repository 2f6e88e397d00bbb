import type { Afterwards, Hearer, Published } from './bus/bus.ts'
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
  /** It reads nothing any more, or what it has not read is gone or cannot be read: its connection ends. It may come back by its cursor. */
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

type Source = Pick<Log, 'head' | 'holes' | 'read' | 'listen'> & { readonly clock: Pick<Clock, 'after'>, readonly onError: (err: unknown) => void }

export function createFeed (log: Source, reader: Reader, select: Select): Feed {
  return new Cursor(log, reader, select)
}

interface Joined {
  readonly room: string
  readonly wants: (published: Published) => boolean
  readonly since: number
  readonly leave: () => void
}

const nothing = () => {}

/** An object, and no closures: with thousands of them, what each is made of is fetched from memory for each event. */
class Cursor implements Feed, Hearer {
  live = true
  /** What of its room is wanted, where there is only one. */
  #alone: ((published: Published) => boolean) | undefined
  #cursor: number
  readonly #reader: Reader
  readonly #select: Select
  readonly #log: Source
  readonly #joined = new Map<string, Joined>()
  /** Up to where, at its first `seek`, each room had delivered all since it was joined; 0 once it has caught up. */
  #had: number | undefined
  #stopped = false
  #caughtUp: ((seq: number) => void) | undefined
  #cancel = nothing
  /** What may be gone of the log, as far as the reader was told or had it. */
  #told = 0
  #size = PAGE

  constructor (log: Source, reader: Reader, select: Select) {
    this.#cursor = log.head()
    this.#reader = reader
    this.#select = select
    this.#log = log
  }

  /** What came of one session at once is delivered whole, in its order, when the first of its rooms brings it. */
  hear (run: readonly Published[]): Afterwards | void {
    const { seq } = run[run.length - 1]!
    if (!this.live || seq <= this.#cursor) return
    const news = run[0]!.seq > this.#cursor ? run : run.filter(published => published.seq > this.#cursor)
    const wanted = this.#alone !== undefined ? this.#select(news, this.#alone) : news.every(this.#isWanted, this) ? news : news.filter(this.#isWanted, this)
    if (wanted.length > 0 && this.#reader.full()) {
      this.#cursor = wanted[0]!.seq - 1 // all that was wanted before it is delivered
      return this.#fallBehind()
    }
    this.#cursor = seq
    if (wanted.length > 0) return this.#reader.deliver(wanted)
  }

  /** To this reader alone. */
  #give (run: readonly Published[]) {
    const then = this.#reader.deliver(run)
    if (then) then()
  }

  hold (): void {
    this.#cancel()
    this.live = false
    this.#told = this.#log.holes()
  }

  #fallBehind () {
    this.hold()
    this.#awaitRoom()
  }

  /** Goes on once the reader has read all. Slow is fine, as long as it gets on. */
  #awaitRoom () {
    if (this.#stopped) return // asking whether it is full may have ended it
    let before = this.#reader.unread()
    const look = () => {
      const now = this.#reader.unread()
      if (now >= before) return this.#reader.giveUp()
      before = now
      cancelLook = this.#log.clock.after(PROGRESS_WITHIN, look)
    }
    let cancelLook = this.#log.clock.after(PROGRESS_WITHIN, look)
    const deaf = this.#reader.whenDrained(() => { this.#cancel(); this.#pump() })
    this.#cancel = () => { cancelLook(); deaf() }
  }

  /** Reads on until nothing is left, which is known in the same turn in which it becomes live: no event falls between. */
  #pump () {
    const reader = this.#reader
    if (this.#stopped) return
    if (reader.full()) return this.#awaitRoom()
    let page: Published[]
    try {
      if (this.#log.holes() > Math.max(this.#told, this.#cursor)) return reader.giveUp()
      page = this.#log.read(this.#cursor, this.#size)
    } catch (err) {
      this.#log.onError(err)
      return reader.giveUp()
    }
    if (page.length === 0) {
      this.live = true
      if (this.#caughtUp !== undefined) {
        this.#caughtUp(this.#cursor)
        this.#caughtUp = undefined
        this.#had = 0
      }
      return
    }
    let taken = 0
    while (taken < page.length && !reader.full()) {
      const run: Published[] = []
      for (let units = 0; taken < page.length && units <= RUN; taken++) {
        const published = page[taken]!
        this.#cursor = published.seq
        if (!this.#isWanted(published)) continue
        run.push(published)
        units += published.text().length
      }
      if (run.length > 0) this.#give(run)
    }
    this.#size = Math.min(PAGE, 2 * Math.max(1, taken))
    const next = setImmediate(() => { this.#pump() })
    this.#cancel = () => { clearImmediate(next) }
  }

  /** Whether some room wants it, and none has had it. */
  #isWanted (published: Published): boolean {
    const session = `session:${published.sessionId}`
    const team = `team:${published.team}`
    const had = this.#had
    let wanted = false
    for (const { room, wants, since } of this.#joined.values()) {
      if ((room !== session && room !== team && room !== 'all') || !wants(published)) continue
      if (had !== undefined && since < published.seq && published.seq <= had) return false
      wanted = true
    }
    return wanted
  }

  join (room: string, wants: (published: Published) => boolean, name = room): void {
    this.leave(name)
    this.#joined.set(name, { room, wants, since: this.#log.head(), leave: this.#log.listen(room, this) })
    this.#count()
  }

  leave (name: string): void {
    const left = this.#joined.get(name)
    if (left === undefined) return
    this.#joined.delete(name)
    for (const { room } of this.#joined.values()) if (room === left.room) return this.#count() // it still hears that room
    left.leave()
    this.#count()
  }

  #count () {
    const [only] = this.#joined.values()
    this.#alone = this.#joined.size === 1 ? only!.wants : undefined
  }

  seek (after: number, tell: (seq: number) => void): void {
    this.#cancel()
    this.#had ??= this.#cursor
    this.#cursor = after
    const before = this.#caughtUp
    this.#caughtUp = before === undefined ? tell : seq => { before(seq); tell(seq) } // who asked before has caught up then too
    this.#pump()
  }

  stop (): void {
    this.#stopped = true
    this.live = false
    this.#cancel()
    for (const name of [...this.#joined.keys()]) this.leave(name)
  }
}
