import { randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { Store } from './store.ts'

const LENGTH = 32

export function secretTable (db: Database): Store['secret'] {
  const make = db.prepare<[string, Buffer]>('INSERT OR IGNORE INTO secret (name, bytes) VALUES (?, ?)')
  const get = db.prepare<[string], Buffer>('SELECT bytes FROM secret WHERE name = ?').pluck()
  return name => {
    const known = get.get(name)
    if (known !== undefined) return known
    make.run(name, randomBytes(LENGTH)) // another process may have been first
    return get.get(name)!
  }
}
