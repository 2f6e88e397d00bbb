import type { Database } from 'better-sqlite3'
import type { IdempotencyRow, Store } from './store.ts'

interface Raw { caller: string, key: string, tool: string, input_hash: string, team: string | null, work_id: string, outcome: string | null, created_at: number }

export function idempotencyTable (db: Database): Store['idempotency'] {
  const insert = db.prepare(`INSERT INTO idempotency (caller, key, tool, input_hash, team, work_id, created_at)
    VALUES (@caller, @key, @tool, @inputHash, @team, @workId, @createdAt)`)
  const get = db.prepare<[string, string], Raw>('SELECT * FROM idempotency WHERE caller = ? AND key = ?')
  const settle = db.prepare('UPDATE idempotency SET outcome = ? WHERE caller = ? AND key = ?')
  const remove = db.prepare('DELETE FROM idempotency WHERE caller = ? AND key = ?')
  const sweep = db.prepare('DELETE FROM idempotency WHERE created_at <= ?')

  return {
    insert: ({ outcome: _, ...row }) => { insert.run(row) },
    get (caller, key) {
      const raw = get.get(caller, key)
      return raw && {
        caller,
        key,
        tool: raw.tool,
        inputHash: raw.input_hash,
        team: raw.team,
        workId: raw.work_id,
        outcome: raw.outcome === null ? null : JSON.parse(raw.outcome) as IdempotencyRow['outcome'],
        createdAt: raw.created_at
      }
    },
    settle: (caller, key, outcome) => { settle.run(JSON.stringify(outcome), caller, key) },
    remove: (caller, key) => { remove.run(caller, key) },
    sweep: before => sweep.run(before).changes
  }
}
