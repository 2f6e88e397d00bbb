import type { Database } from 'better-sqlite3'
import type { Bounds, Store } from './store.ts'

interface Old { seq: number, at: number, size: number }
interface Total extends Bounds { sessionId: string }

/** Sessions that are looked at in one step; the next one looks again. */
const SESSIONS = 1_000

/** What keeps the log within its bounds, by its totals. To be called within a transaction. */
export function trimmer (db: Database): Pick<Store['events'], 'floor' | 'holes' | 'trim' | 'trimSessions'> {
  const floor = db.prepare<[], number>('SELECT seq FROM event_floor').pluck()
  const raiseFloor = db.prepare('UPDATE event_floor SET seq = max(seq, ?)')
  const holes = db.prepare<[string], number>('SELECT max((SELECT seq FROM event_floor), coalesce((SELECT floor FROM event_total WHERE session_id = ?), 0))').pluck()
  const raiseHoles = db.prepare("UPDATE event_total SET floor = max(floor, ?) WHERE session_id IN (?, '')")
  const total = db.prepare<[], Bounds>("SELECT events, bytes FROM event_total WHERE session_id = ''")
  const large = db.prepare<[Bounds], Total>(`SELECT session_id AS sessionId, events, bytes FROM event_total
    WHERE session_id <> '' AND ((@events > 0 AND events > @events) OR (@bytes > 0 AND bytes > @bytes)) LIMIT ${SESSIONS}`)
  const oldest = db.prepare<[number], Old>("SELECT seq, at, size FROM event WHERE event <> 'tell:chunk' ORDER BY seq LIMIT ?")
  const oldestOf = db.prepare<[string, number], Old>("SELECT seq, at, size FROM event WHERE session_id = ? AND event <> 'tell:chunk' ORDER BY seq LIMIT ?")
  const drop = db.prepare("DELETE FROM event WHERE seq <= ? AND event <> 'tell:chunk'")
  const dropOf = db.prepare("DELETE FROM event WHERE session_id = ? AND seq <= ? AND event <> 'tell:chunk'")
  // The floor of all says as much of an empty session as its own.
  const forget = db.prepare("DELETE FROM event_total WHERE events = 0 AND session_id <> '' AND floor <= (SELECT seq FROM event_floor)")

  return {
    floor: () => floor.get()!,
    holes: (sessionId = '') => holes.get(sessionId)!,
    trim ({ before, ...most }, limit) {
      const last = lastToGo(oldest.all(limit), excess(total.get()!, most), before)
      if (last === 0) return 0
      raiseFloor.run(last)
      const { changes } = drop.run(last)
      forget.run()
      return changes
    },
    trimSessions (most, limit) {
      let dropped = 0
      for (const { sessionId, ...kept } of large.all(most)) {
        const last = lastToGo(oldestOf.all(sessionId, limit - dropped), excess(kept, most), 0)
        raiseHoles.run(last, sessionId)
        dropped += dropOf.run(sessionId, last).changes
        if (dropped >= limit) break
      }
      return dropped
    }
  }
}

/** How much is too much. */
function excess (kept: Bounds, most: Bounds): Bounds {
  return { events: most.events > 0 ? kept.events - most.events : 0, bytes: most.bytes > 0 ? kept.bytes - most.bytes : 0 }
}

/** The newest of the oldest that must go; 0 where none must. */
function lastToGo (rows: Iterable<Old>, { events, bytes }: Bounds, before: number): number {
  let last = 0
  for (const { seq, at, size } of rows) {
    if (at >= before && events <= 0 && bytes <= 0) break
    last = seq
    events--
    bytes -= size
  }
  return last
}
