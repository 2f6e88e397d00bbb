import type { Database } from 'better-sqlite3'
import type { EventOf } from '../../schemas/event.ts'
import type { CacheEntry } from '../../schemas/message.ts'
import { trimmer } from './sqlite-trim.ts'
import type { CacheStats, EventRow, Store } from './store.ts'

/** Characters of a page of a cache: larger ones would hold up everybody else. */
const PAGE = 4 * 1024 * 1024

/** Bytes that an event takes on the disk beside its data: as the column `size` counts it. */
const OVERHEAD = 300

type Columns = [seq: number, at: number, event: EventRow['event'], team: string, sessionId: string, data: string]

/** `settle`: at the end of a transaction, before it is committed or taken back: adds what was appended to the totals, or forgets it. */
export function eventTable (db: Database): Store['events'] & { settle (done: boolean): void } {
  const append = db.prepare('INSERT INTO event (at, event, team, session_id, tell_id, data) VALUES (?, ?, ?, ?, ?, ?)')
  const head = db.prepare<[], number>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)").pluck()
  // As arrays, which the driver makes in two thirds of the time that objects take it.
  const since = db.prepare<[number, number], Columns>('SELECT seq, at, event, team, session_id, data FROM event WHERE seq > ? ORDER BY seq LIMIT ?').raw()
  // That they are no chunks is what their index says: SQLite takes it where the query says so too.
  const messages = "FROM event WHERE session_id = ? AND event <> 'tell:chunk' AND event = 'cache:message'"
  const cache = db.prepare<[string, number, number], { seq: number, data: string }>(`SELECT seq, data ${messages} AND seq > ? ORDER BY seq LIMIT ?`)
  const cacheStats = db.prepare<[string], CacheStats>(`SELECT count(*) AS entries, min(at) AS firstAt, max(at) AS lastAt ${messages}`)
  const clearCache = db.prepare(`DELETE ${messages}`)
  const chunks = db.prepare<[string], string>("SELECT data FROM event WHERE tell_id = ? AND event = 'tell:chunk' ORDER BY seq").pluck()
  const dropChunks = db.prepare("DELETE FROM event WHERE tell_id = ? AND event = 'tell:chunk'")

  const add = db.prepare('INSERT INTO event_total (session_id, events, bytes) VALUES (?, ?, ?) ON CONFLICT (session_id) DO UPDATE SET events = events + excluded.events, bytes = bytes + excluded.bytes')
  /** By session, and by '' of all: what this transaction has appended. */
  const grown = new Map<string, { events: number, bytes: number }>()

  function grow (sessionId: string, bytes: number) {
    const total = grown.get(sessionId)
    if (total === undefined) grown.set(sessionId, { events: 1, bytes })
    else {
      total.events++
      total.bytes += bytes
    }
  }

  return {
    settle (done) {
      if (done) for (const [sessionId, { events, bytes }] of grown) add.run(sessionId, events, bytes)
      grown.clear()
    },
    append (event, at) {
      const { team, sessionId } = event.data
      const tellId = 'tellId' in event.data ? event.data.tellId ?? null : null
      const data = JSON.stringify(event.data)
      const { lastInsertRowid } = append.run(at, event.event, team, sessionId, tellId, data)
      // The pieces of a running answer go with its end.
      if (event.event !== 'tell:chunk') {
        const size = Buffer.byteLength(data) + OVERHEAD
        grow(sessionId, size)
        grow('', size)
      }
      return { seq: Number(lastInsertRowid), data }
    },
    head: () => head.get()!,
    since: (after, limit) => since.all(after, limit).map(([seq, at, event, team, sessionId, data]) => ({ seq, at, event, team, sessionId, data })),
    ...trimmer(db),
    cache (sessionId, after, limit) {
      const entries: CacheEntry[] = []
      let size = 0
      for (const { seq, data } of cache.iterate(sessionId, after, limit + 1)) {
        size += data.length
        if (entries.length === limit || (size > PAGE && entries.length > 0)) return { entries, more: true }
        const { tellId, message } = JSON.parse(data) as EventOf<'cache:message'>['data']
        entries.push({ seq, ...(tellId !== undefined && { tellId }), ...message })
      }
      return { entries, more: false }
    },
    cacheStats: sessionId => cacheStats.get(sessionId)!,
    clearCache: sessionId => clearCache.run(sessionId).changes,
    chunks: tellId => chunks.all(tellId).map(data => JSON.parse(data) as EventOf<'tell:chunk'>['data']),
    dropChunks: tellId => { dropChunks.run(tellId) }
  }
}
