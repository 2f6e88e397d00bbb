import type { Database } from 'better-sqlite3'
import type { EventOf } from '../../schemas/event.ts'
import type { CacheEntry } from '../../schemas/message.ts'
import { appender, type Appended } from './sqlite-append.ts'
import { trimmer } from './sqlite-trim.ts'
import type { CacheStats, EventRow, Store } from './store.ts'

/** Characters of a page of a cache: larger ones would hold up everybody else. */
const PAGE = 4 * 1024 * 1024
/** Rows that are fetched at once. Not one by one by an iterator of the driver, which is garbage of the kind that openStore tells of. */
const ROWS = 16

type Columns = [seq: number, at: number, event: EventRow['event'], team: string, sessionId: string, data: string]

/** `settle`, `forget`: at the end of a transaction. `count`: before another table's rows take events with them. */
export function eventTable (db: Database): Store['events'] & Pick<Appended, 'settle' | 'forget' | 'count'> {
  const { append, write, count, dropChunks, settle, forget, head } = appender(db)
  // As arrays, which the driver makes in two thirds of the time that objects take it.
  const since = db.prepare<[number, number], Columns>('SELECT seq, at, event, team, session_id, data FROM event WHERE seq > ? ORDER BY seq LIMIT ?').raw()
  // That they are no chunks is what their index says: SQLite takes it where the query says so too.
  const messages = "FROM event WHERE session_id = ? AND event <> 'tell:chunk' AND event = 'cache:message'"
  const cache = db.prepare<[string, number, number], { seq: number, data: string }>(`SELECT seq, data ${messages} AND seq > ? ORDER BY seq LIMIT ?`)
  const cacheStats = db.prepare<[string], CacheStats>(`SELECT count(*) AS entries, min(at) AS firstAt, max(at) AS lastAt ${messages}`)
  const clearCache = db.prepare(`DELETE ${messages}`)
  const chunks = db.prepare<[string], string>("SELECT data FROM event WHERE tell_id = ? AND event = 'tell:chunk' ORDER BY seq").pluck()

  /** Sees what was appended before it in the same transaction. */
  const seeing = <A extends unknown[], R>(look: (...args: A) => R) => (...args: A): R => {
    write()
    return look(...args)
  }
  /** Takes away what is counted, within a transaction. */
  const taking = <A extends unknown[], R>(take: (...args: A) => R) => (...args: A): R => {
    count()
    return take(...args)
  }
  const { floor, holes, trim, trimSessions } = trimmer(db)

  return {
    append,
    dropChunks,
    count,
    settle,
    forget,
    head,
    since: seeing((after, limit) => since.all(after, limit).map(([seq, at, event, team, sessionId, data]) => ({ seq, at, event, team, sessionId, data }))),
    floor,
    holes,
    trim: taking(trim),
    trimSessions: taking(trimSessions),
    cache: seeing((sessionId, after, limit) => {
      const entries: CacheEntry[] = []
      let size = 0
      for (let last = after; ;) {
        const rows = cache.all(sessionId, last, ROWS)
        for (const { seq, data } of rows) {
          size += data.length
          if (entries.length === limit || (size > PAGE && entries.length > 0)) return { entries, more: true }
          const { tellId, message } = JSON.parse(data) as EventOf<'cache:message'>['data']
          entries.push({ seq, ...(tellId !== undefined && { tellId }), ...message })
          last = seq
        }
        if (rows.length < ROWS) return { entries, more: false }
      }
    }),
    cacheStats: seeing(sessionId => cacheStats.get(sessionId)!),
    clearCache: taking(sessionId => clearCache.run(sessionId).changes),
    chunks: seeing(tellId => chunks.all(tellId).map(data => JSON.parse(data) as EventOf<'tell:chunk'>['data']))
  }
}
