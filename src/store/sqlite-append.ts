import type { Database, Statement } from 'better-sqlite3'
import type { Event } from '../../schemas/event.ts'

/** Bytes that an event takes on the disk beside its data: as the column `size` counts it. */
const OVERHEAD = 300

/** Rows that one statement writes: several in one cost less than one after the other. */
const ROWS = [32, 8, 4, 2, 1] as const

interface Row { readonly seq: number, readonly at: number, readonly event: string, readonly team: string, readonly sessionId: string, readonly tellId: string | null, readonly data: string }

/** What a transaction appends: it has its numbers at once, and is written together. */
export interface Appended {
  append (event: Event, at: number): { seq: number, data: string }
  /** Writes what was appended so far, and adds it to the totals: before anybody looks at the table. */
  write (): void
  /** Drops the pieces of an answer that came so far: with what is written next. */
  dropChunks (tellId: string): void
  /** At the end of a transaction, before it is committed or taken back. */
  settle (done: boolean): void
  /** The number of the newest event. */
  head (): number
}

export function appender (db: Database): Appended {
  const stored = db.prepare<[], number>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)").pluck()
  const drop = db.prepare("DELETE FROM event WHERE tell_id = ? AND event = 'tell:chunk'")
  const add = db.prepare("INSERT INTO event_total (session_id, events, bytes) VALUES (?, ?, ?), ('', ?, ?) ON CONFLICT (session_id) DO UPDATE SET events = events + excluded.events, bytes = bytes + excluded.bytes")
  const inserts = new Map<number, Statement>()
  /** By session: what is not in the totals yet. */
  const grown = new Map<string, { events: number, bytes: number }>()
  let rows: Row[] = []
  /** Tells whose pieces go. */
  const whole = new Set<string>()
  /** The newest number that this transaction has given; 0 before the first. */
  let last = 0

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

  function grow (sessionId: string, bytes: number) {
    const total = grown.get(sessionId)
    if (total === undefined) grown.set(sessionId, { events: 1, bytes })
    else {
      total.events++
      total.bytes += bytes
    }
  }

  function write () {
    if (rows.length === 0 && whole.size === 0) return
    let from = 0
    for (const count of ROWS) for (; rows.length - from >= count; from += count) insert(from, count)
    rows = []
    for (const tellId of whole) drop.run(tellId)
    whole.clear()
    for (const [sessionId, { events, bytes }] of grown) add.run(sessionId, events, bytes, events, bytes)
    grown.clear()
  }

  return {
    append (event, at) {
      const { team, sessionId } = event.data
      const tellId = 'tellId' in event.data ? event.data.tellId ?? null : null
      const data = JSON.stringify(event.data)
      if (event.event === 'tell:chunk' && whole.has(event.data.tellId)) write()
      const seq = last = (last === 0 ? stored.get()! : last) + 1
      rows.push({ seq, at, event: event.event, team, sessionId, tellId, data })
      // The pieces of a running answer go with its end.
      if (event.event !== 'tell:chunk') grow(sessionId, Buffer.byteLength(data) + OVERHEAD)
      return { seq, data }
    },
    write,
    dropChunks (tellId) { whole.add(tellId) },
    settle (done) {
      try {
        if (done) write()
      } finally {
        rows = []
        whole.clear()
        grown.clear()
        last = 0
      }
    },
    head: () => last === 0 ? stored.get()! : last
  }
}
