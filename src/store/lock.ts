import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

/**
 * One server per data directory: an exclusive transaction on a small file of its own, which the system gives back
 * whatever way this process dies. Returns its release; null where another process holds it.
 */
export function lockHome (home: string): (() => void) | null {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const db = new Database(join(home, 'server.lock'), { timeout: 0 })
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return () => { db.close() }
  } catch (err) {
    db.close()
    if ((err as { code?: string }).code?.startsWith('SQLITE_BUSY')) return null
    throw err
  }
}
