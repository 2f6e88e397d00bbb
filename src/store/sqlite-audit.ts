import type { Database } from 'better-sqlite3'
import { lister } from './sql.ts'
import type { AuditRow, Store } from './store.ts'

const COLUMNS = 'n, at, caller, via, address, tool, team, session_id AS sessionId, tell_id AS tellId, approval_id AS approvalId, key_name AS keyName, decision, outcome, skipped, previous, hash'

export function auditTable (db: Database): Store['audit'] {
  const insert = db.prepare(`INSERT INTO audit (n, at, caller, via, address, tool, team, session_id, tell_id, approval_id, key_name, decision, outcome, skipped, previous, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const end = db.prepare<[], [number, string]>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0), coalesce((SELECT hash FROM audit ORDER BY n DESC LIMIT 1), '')").raw()
  const since = db.prepare<[number, number], AuditRow>(`SELECT ${COLUMNS} FROM audit WHERE n > ? ORDER BY n LIMIT ?`)
  const list = lister<AuditRow, AuditRow>(db, 'audit', row => row, COLUMNS)

  return {
    insert ({ n, at, caller, via, address, tool, team, sessionId, tellId, approvalId, keyName, decision, outcome, skipped, previous, hash }) {
      insert.run(n, at, caller, via, address, tool, team, sessionId, tellId, approvalId, keyName, decision, outcome, skipped, previous, hash)
    },
    end () {
      const [issued, hash] = end.get()!
      return { issued, hash }
    },
    since: (after, limit) => since.all(after, limit),
    list: page => list({}, undefined, page)
  }
}
