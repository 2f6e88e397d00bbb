import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { migrations } from './migrations/index.ts'
import { eventTable } from './sqlite-events.ts'
import { idempotencyTable } from './sqlite-idempotency.ts'
import { keyTable } from './sqlite-keys.ts'
import { sessionTable } from './sqlite-sessions.ts'
import { tellTable } from './sqlite-tells.ts'
import type { Store } from './store.ts'

/** Opens (and makes, where it is missing) `iris.db` in the data directory, readable by its owner alone. */
export function openStore (home: string): Store {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const file = join(home, 'iris.db')
  const db = new Database(file, { timeout: 5_000 })
  chmodSync(file, 0o600)
  // WAL with NORMAL survives the death of the process at any moment; only a power cut can take the last transactions.
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = NORMAL')
  db.pragma('foreign_keys = ON')
  migrate(db)

  const whole = db.transaction((work: () => unknown) => work())
  return {
    transaction: <T>(work: () => T) => (db.inTransaction ? work() : whole.immediate(work)) as T,
    sessions: sessionTable(db),
    tells: tellTable(db),
    events: eventTable(db),
    keys: keyTable(db),
    idempotency: idempotencyTable(db),
    check: () => (db.pragma('integrity_check') as { integrity_check: string }[]).map(row => row.integrity_check).filter(word => word !== 'ok'),
    close: () => { db.close() }
  }
}

/** Applies what is missing, each whole. Throws where the file is of a newer Iris. */
function migrate (db: Database.Database): void {
  const apply = db.transaction(() => {
    const done = db.pragma('user_version', { simple: true }) as number
    if (done > migrations.length) throw new Error(`${db.name} was written by a newer Iris (schema ${done}, this one knows ${migrations.length}). Update Iris`)
    for (const sql of migrations.slice(done)) db.exec(sql)
    db.pragma(`user_version = ${migrations.length}`)
  })
  apply.immediate()
}
