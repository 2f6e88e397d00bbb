import Database from 'better-sqlite3'
import { join } from 'node:path'
import { openStore } from '../../src/store/sqlite.ts'

export interface Past { readonly events: number, readonly sessions: number }

/** Events for each tell. */
const PER_TELL = 100

const COUNT = 'WITH RECURSIVE k(n) AS (SELECT 1 WHERE @count > 0 UNION ALL SELECT n + 1 FROM k WHERE n < @count)'
/** The last events are all of the first session: the one that is at work. */
const AT_WORK = 1_000
const EACH = "printf('00000000-0000-4000-8000-%012x', (n - 1) % @sessions)"
const SESSION = `iif(n > @last, '${sessionId(0)}', ${EACH})`
const TELL = (n: string) => `printf('00000000-0000-7000-8000-%012x', ${n})`

/** The id of the session of `speaker-1`, `speaker-2` …, counted from 0. */
export function sessionId (n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
}

/** Gives the home of a server that does not run yet a past: sessions of `speaker-1`, `speaker-2` … with the team echo, and what was said in them. */
export function fill (home: string, { events, sessions }: Past): void {
  openStore(home).close()
  const db = new Database(join(home, 'iris.db'))
  db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000')
  const values = { sessions, at: Date.now() - events }
  db.prepare(`INSERT INTO session (id, speaker, team, conversation, resumable, current, cost_so_far, created_at, last_used_at, asleep_since, asleep_reason)
    ${COUNT} SELECT ${EACH}, 'speaker-' || n, 'echo', lower(hex(randomblob(16))), 0, 1, 0, @at, @at, @at, 'idle' FROM k`).run({ ...values, count: sessions })
  db.prepare(`INSERT INTO tell (id, session_id, speaker, team, caller, state, message, response, created_at, started_at, ended_at, root_id)
    ${COUNT} SELECT ${TELL('n')}, ${EACH}, 'speaker-' || ((n - 1) % @sessions + 1), 'echo', 'admin', 'completed', 'hello', 'echo: hello', @at, @at, @at, ${TELL('n')} FROM k`
  ).run({ ...values, count: events / PER_TELL })

  // Row by row, the indexes and the totals would take most of the time.
  const parts = db.prepare<[], { type: string, name: string, sql: string }>("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'event' AND type IN ('index', 'trigger') AND sql IS NOT NULL").all()
  for (const { type, name } of parts) db.exec(`DROP ${type} ${name}`)
  db.prepare(`INSERT INTO event (at, event, team, session_id, tell_id, data)
    ${COUNT} SELECT @at + n, 'cache:message', 'echo', ${SESSION}, ${TELL(`n / ${PER_TELL}`)},
      '{"sessionId":"' || ${SESSION} || '","team":"echo","tellId":"' || ${TELL(`n / ${PER_TELL}`)} || '","message":{"timestamp":' || (@at + n) || ',"type":"assistant","data":{"text":"What was said long ago"}}}' FROM k`
  ).run({ ...values, count: events, last: events - AT_WORK })
  for (const { sql } of parts) db.exec(sql)
  db.exec(`DELETE FROM event_total;
    INSERT INTO event_total (session_id, events, bytes) SELECT session_id, count(*), sum(size) FROM event GROUP BY session_id;
    INSERT INTO event_total (session_id, events, bytes) SELECT '', total(events), total(bytes) FROM event_total;
    UPDATE event_counted SET seq = (SELECT coalesce(max(seq), 0) FROM event)`)
  db.close()
}
