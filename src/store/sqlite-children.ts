import type { Database } from 'better-sqlite3'
import type { ChildRow, Store } from './store.ts'

export function childTable (db: Database): Store['children'] {
  const insert = db.prepare('INSERT INTO child (nonce, pid, birth, command, session_id, at) VALUES (@nonce, @pid, @birth, @command, @sessionId, @at)')
  const list = db.prepare<[], ChildRow>('SELECT nonce, pid, birth, command, session_id AS sessionId, at FROM child ORDER BY at, nonce')
  const remove = db.prepare('DELETE FROM child WHERE nonce = ?')

  return {
    insert: row => { insert.run(row) },
    list: () => list.all(),
    remove: nonce => { remove.run(nonce) }
  }
}
