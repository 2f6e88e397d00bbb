import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { migrations } from './migrations/index.ts'
import { approvalTable } from './sqlite-approvals.ts'
import { auditTable } from './sqlite-audit.ts'
import { childTable } from './sqlite-children.ts'
import { eventTable } from './sqlite-events.ts'
import { idempotencyTable } from './sqlite-idempotency.ts'
import { keyTable } from './sqlite-keys.ts'
import { secretTable } from './sqlite-secrets.ts'
import { sessionTable } from './sqlite-sessions.ts'
import { syncer } from './sqlite-sync.ts'
import { tellTable } from './sqlite-tells.ts'
import { deliveryTable, webhookTable } from './sqlite-webhooks.ts'
import type { Store } from './store.ts'

/**
 * Pages of the WAL, 4 KiB each, at which it is copied into the file: that holds up everybody, so it is seldom, and the pages that were
 * written again and again by then are copied once. After a kill the next start reads as many.
 */
const CHECKPOINT = 8_000

/**
 * Opens (and makes, where it is missing) `iris.db` in the data directory, readable by its owner alone.
 * Statements are made once and live as long as the database: a driver that was compiled on Node 24.21 ends the process
 * when one of them is collected as garbage while no JavaScript runs (node_object_wrap.h).
 */
export function openStore (home: string): Store {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const file = join(home, 'iris.db')
  const db = new Database(file, { timeout: 2_000 })
  chmodSync(file, 0o600)
  // WAL with NORMAL survives the death of the process at any moment; only a power cut can take the last transactions.
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = ${CHECKPOINT}`)
  const pragmas = {
    version: db.prepare<[], number>('PRAGMA user_version').pluck(),
    integrity: db.prepare<[], string>('PRAGMA integrity_check').pluck()
  }
  migrate(db, pragmas.version)

  const { settle, forget, count, ...events } = eventTable(db)
  const sessions = sessionTable(db)
  const settled = db.transaction((work: () => unknown) => {
    const result = work()
    settle()
    return result
  })
  const sync = syncer(`${file}-wal`)
  function transaction<T> (work: () => T): T {
    if (db.inTransaction) return work()
    let done = false
    try {
      const result = settled.immediate(work) as T
      done = true
      return result
    } finally {
      if (done) sync.committed()
      else forget()
    }
  }
  const whole = <A extends unknown[], R>(work: (...args: A) => R) => (...args: A): R => transaction(() => work(...args))
  return {
    transaction,
    sessions: {
      ...sessions,
      remove: whole((id: string) => {
        count()
        sessions.remove(id)
      })
    },
    tells: tellTable(db),
    events: {
      ...events,
      append: whole(events.append),
      dropChunks: whole(events.dropChunks),
      trim: whole(events.trim),
      trimSessions: whole(events.trimSessions),
      clearCache: whole(events.clearCache)
    },
    keys: keyTable(db),
    approvals: approvalTable(db),
    idempotency: idempotencyTable(db),
    audit: auditTable(db),
    children: childTable(db),
    webhooks: webhookTable(db),
    deliveries: deliveryTable(db),
    secret: secretTable(db),
    check: () => pragmas.integrity.all().filter(word => word !== 'ok'),
    close () {
      sync.close()
      db.close()
    }
  }
}

/** Applies what is missing, each whole. Throws where the file is of a newer Iris. */
function migrate (db: Database.Database, version: Database.Statement<[], number>): void {
  const apply = db.transaction(() => {
    const done = version.get()!
    if (done > migrations.length) throw new Error(`${db.name} was written by a newer Iris (schema ${done}, this one knows ${migrations.length}). Update Iris`)
    for (const sql of migrations.slice(done)) db.exec(sql)
    db.exec(`PRAGMA user_version = ${migrations.length}`)
  })
  apply.immediate()
}
