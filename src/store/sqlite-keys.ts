import type { Database } from 'better-sqlite3'
import type { KeyGrant, KeyRecord } from '../../schemas/key.ts'
import { updater } from './sql.ts'
import type { Store } from './store.ts'

interface Raw { name: string, hash: string, grants: string, created_at: number, expires_at: number | null, revoked_at: number | null }

export function keyTable (db: Database): Store['keys'] {
  const insert = db.prepare('INSERT INTO api_key (name, hash, grants, created_at, expires_at) VALUES (?, ?, ?, ?, ?)')
  const list = db.prepare<[], Raw>('SELECT * FROM api_key ORDER BY name')
  const update = updater(db, 'api_key', 'name', { hash: 'hash', revokedAt: 'revoked_at', createdAt: 'created_at' })
  // Grows when another connection wrote to the file; our own writes are counted beside it.
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck()
  let own = 0

  return {
    insert ({ name, hash, createdAt, expiresAt, revokedAt: _, ...grants }) {
      insert.run(name, hash, JSON.stringify(grants), createdAt, expiresAt ?? null)
      own++
    },
    list: () => list.all().map((raw): KeyRecord => ({
      ...JSON.parse(raw.grants) as Pick<KeyGrant, 'permissions' | 'teams' | 'as' | 'rateLimit'>,
      name: raw.name,
      hash: raw.hash,
      createdAt: raw.created_at,
      ...(raw.expires_at !== null && { expiresAt: raw.expires_at }),
      ...(raw.revoked_at !== null && { revokedAt: raw.revoked_at })
    })),
    update (name, fields) {
      update(name, fields)
      own++
    },
    version: () => dataVersion.get()! * 1e6 + own
  }
}
