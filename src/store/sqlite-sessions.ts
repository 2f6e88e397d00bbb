import type { Database } from 'better-sqlite3'
import { lister, updater } from './sql.ts'
import type { SessionRow, Store } from './store.ts'

const COLUMNS = {
  conversation: 'conversation',
  resumable: 'resumable',
  place: 'place',
  current: 'current',
  agentVersion: 'agent_version',
  costSoFar: 'cost_so_far',
  lastUsedAt: 'last_used_at',
  asleepSince: 'asleep_since',
  asleepReason: 'asleep_reason'
} as const

interface Raw { n: number, id: string, speaker: string, team: string, conversation: string, resumable: number, place: string | null, forked_from: string | null, fork_conversation: string | null, fork_place: string | null, current: number, agent_version: string | null, cost_so_far: number, created_at: number, last_used_at: number, asleep_since: number, asleep_reason: string }

const toRow = (raw: Raw): SessionRow => ({
  id: raw.id,
  from: raw.speaker,
  to: raw.team,
  conversation: raw.conversation,
  resumable: raw.resumable === 1,
  place: raw.place,
  forkedFrom: raw.forked_from,
  forkConversation: raw.fork_conversation,
  forkPlace: raw.fork_place,
  current: raw.current === 1,
  agentVersion: raw.agent_version,
  costSoFar: raw.cost_so_far,
  createdAt: raw.created_at,
  lastUsedAt: raw.last_used_at,
  asleepSince: raw.asleep_since,
  asleepReason: raw.asleep_reason
})

export function sessionTable (db: Database): Store['sessions'] {
  const insert = db.prepare(`INSERT INTO session (id, speaker, team, conversation, resumable, current, agent_version, cost_so_far, created_at, last_used_at, asleep_since, asleep_reason, place, forked_from, fork_conversation, fork_place)
    VALUES (@id, @from, @to, @conversation, @resumable, @current, @agentVersion, @costSoFar, @createdAt, @lastUsedAt, @asleepSince, @asleepReason, @place, @forkedFrom, @forkConversation, @forkPlace)`)
  const get = db.prepare<[string], Raw>('SELECT * FROM session WHERE id = ?')
  const current = db.prepare<[string, string], Raw>('SELECT * FROM session WHERE speaker = ? AND team = ? AND current = 1')
  const count = db.prepare<[], number>('SELECT count(*) FROM session').pluck()
  const countOf = db.prepare<[string], number>('SELECT count(*) FROM session WHERE team IN (SELECT value FROM json_each(?))').pluck()
  const removeEvents = db.prepare("DELETE FROM event WHERE session_id = ? AND event <> 'tell:chunk'")
  const removeChunks = db.prepare("DELETE FROM event WHERE event = 'tell:chunk' AND tell_id IN (SELECT id FROM tell WHERE session_id = ?)")
  const remove = db.prepare('DELETE FROM session WHERE id = ?')
  const list = lister<Raw, SessionRow>(db, 'session', toRow)

  return {
    insert: row => { insert.run({ ...row, resumable: Number(row.resumable), current: Number(row.current) }) },
    get: id => { const raw = get.get(id); return raw && toRow(raw) },
    current: (from, to) => { const raw = current.get(from, to); return raw && toRow(raw) },
    list: ({ to, from, teams }, page) => list({ team: to, speaker: from }, teams, page),
    count: teams => teams === undefined ? count.get()! : countOf.get(JSON.stringify(teams))!,
    update: updater(db, 'session', 'id', COLUMNS),
    remove (id) { for (const statement of [removeEvents, removeChunks, remove]) statement.run(id) }
  }
}
