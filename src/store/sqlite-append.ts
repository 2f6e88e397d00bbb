import type { Database, Statement } from 'better-sqlite3'
import type { Event } from '../../schemas/event.ts'

/** Events after which they are counted: a transaction that counted its own would write a page more, and there are more of those. */
const COUNT_EVERY = 1_000

/** Rows that one statement writes: several in one cost less than one after the other. */
const ROWS = [32, 8, 4, 2, 1] as const

interface Row { readonly seq: number, readonly at: number, readonly event: string, readonly team: string, readonly sessionId: string, readonly tellId: string | null, readonly data: string }

/** What a transaction appends: it has its numbers at once, and is written together. */
export interface Appended {
  append (event: Event, at: number): { seq: number, data: string }
  /** Writes what was appended so far: before anybody looks at the table. */
  write (): void
  /** The same, and adds all that is not in the totals yet: within a transaction, before anybody looks at them or takes events away. */
  count (): void
  /** Drops the pieces of an answer that came so far: with what is written next. */
  dropChunks (tellId: string): void
  /** At the end of a transaction, before it is committed. */
  settle (): void
  /** The transaction was taken back. */
  forget (): void
  /** The number of the newest event. */
  head (): number
}

export function appender (db: Database): Appended {
  const stored = db.prepare<[], number>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)").pluck()
  const drop = db.prepare("DELETE FROM event WHERE tell_id = ? AND event = 'tell:chunk'")
  // By their numbers: there are few, and an index would be read from its beginning.
  const fresh = "FROM event NOT INDEXED WHERE seq > (SELECT seq FROM event_counted) AND event <> 'tell:chunk'"
  const add = 'ON CONFLICT (session_id) DO UPDATE SET events = events + excluded.events, bytes = bytes + excluded.bytes'
  const counts = [
    `INSERT INTO event_total (session_id, events, bytes) SELECT session_id, count(*), sum(size) ${fresh} GROUP BY session_id ${add}`,
    `INSERT INTO event_total (session_id, events, bytes) SELECT '', count(*), coalesce(sum(size), 0) ${fresh} ${add}`
  ].map(sql => db.prepare(sql))
  const counted = db.prepare('UPDATE event_counted SET seq = ?')
  const inserts = new Map<number, Statement>()
  /** How many are not in the totals yet, at most: before the first count it is as many as an earlier server has left. */
  let uncounted = COUNT_EVERY
  let rows: Row[] = []
  /** Tells whose pieces go. */
  const whole = new Set<string>()
  /** The newest number that was given; undefined where only the table knows. */
  let last: number | undefined
  const head = () => last ??= stored.get()!

  function insert (from: number, count: number) {
    let statement = inserts.get(count)
    if (statement === undefined) {
      statement = db.prepare(`INSERT INTO event (seq, at, event, team, session_id, tell_id, data) VALUES ${Array(count).fill('(?, ?, ?, ?, ?, ?, ?)').join(', ')}`)
      inserts.set(count, statement)
    }
    const values: unknown[] = []
    for (let n = from; n < from + count; n++) {
      const { seq, at, event, team, sessionId, tellId, data } = rows[n]!
      values.push(seq, at, event, team, sessionId, tellId, data)
    }
    statement.run(...values)
  }

  function write () {
    if (rows.length === 0 && whole.size === 0) return
    let from = 0
    for (const count of ROWS) for (; rows.length - from >= count; from += count) insert(from, count)
    uncounted += rows.length
    rows = []
    for (const tellId of whole) drop.run(tellId)
    whole.clear()
  }

  function count () {
    write()
    if (uncounted === 0) return
    for (const statement of counts) statement.run()
    counted.run(head())
    uncounted = 0
  }

  return {
    append (event, at) {
      const { team, sessionId } = event.data
      const tellId = 'tellId' in event.data ? event.data.tellId ?? null : null
      const data = JSON.stringify(event.data)
      if (event.event === 'tell:chunk' && whole.has(event.data.tellId)) write()
      const seq = last = head() + 1
      rows.push({ seq, at, event: event.event, team, sessionId, tellId, data })
      return { seq, data }
    },
    write,
    count,
    dropChunks (tellId) { whole.add(tellId) },
    settle () {
      write()
      if (uncounted >= COUNT_EVERY) count()
    },
    forget () {
      rows = []
      whole.clear()
      last = undefined
      uncounted = COUNT_EVERY
    },
    head
  }
}
