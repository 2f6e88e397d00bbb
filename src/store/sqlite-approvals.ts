import type { Database } from 'better-sqlite3'
import type { ApprovalState, Decision } from '../../schemas/approval.ts'
import { lister, updater } from './sql.ts'
import type { ApprovalRow, Store } from './store.ts'

const COLUMNS = {
  state: 'state', decision: 'decision', by: 'decided_by', reason: 'reason', rule: 'rule', updatedInput: 'updated_input', decidedAt: 'decided_at'
} as const

interface Raw { n: number, id: string, session_id: string, team: string, tell_id: string | null, tool: string, input: string, description: string | null, state: ApprovalState, decision: Decision | null, decided_by: string | null, reason: string | null, rule: string | null, updated_input: string | null, created_at: number, expires_at: number | null, decided_at: number | null }

const toRow = (raw: Raw): ApprovalRow => ({
  id: raw.id,
  sessionId: raw.session_id,
  team: raw.team,
  tellId: raw.tell_id,
  tool: raw.tool,
  input: JSON.parse(raw.input) as ApprovalRow['input'],
  description: raw.description,
  state: raw.state,
  decision: raw.decision,
  by: raw.decided_by,
  reason: raw.reason,
  rule: raw.rule,
  updatedInput: raw.updated_input === null ? null : JSON.parse(raw.updated_input) as ApprovalRow['updatedInput'],
  createdAt: raw.created_at,
  expiresAt: raw.expires_at,
  decidedAt: raw.decided_at
})

export function approvalTable (db: Database): Store['approvals'] {
  const insert = db.prepare(`INSERT INTO approval (id, session_id, team, tell_id, tool, input, description, state, decision, decided_by, reason, rule, updated_input, created_at, expires_at, decided_at)
    VALUES (@id, @sessionId, @team, @tellId, @tool, @input, @description, @state, @decision, @by, @reason, @rule, @updatedInput, @createdAt, @expiresAt, @decidedAt)`)
  const get = db.prepare<[string], Raw>('SELECT * FROM approval WHERE id = ?')
  const inState = db.prepare<[string], Raw>('SELECT * FROM approval WHERE state = ? ORDER BY n')
  const list = lister<Raw, ApprovalRow>(db, 'approval', toRow)

  return {
    insert: row => { insert.run({ ...row, input: JSON.stringify(row.input), updatedInput: row.updatedInput && JSON.stringify(row.updatedInput) }) },
    get: id => { const raw = get.get(id); return raw && toRow(raw) },
    list: ({ team, state, teams }, page) => list({ team, state }, teams, page),
    inState: state => inState.all(state).map(toRow),
    update: updater(db, 'approval', 'id', COLUMNS)
  }
}
