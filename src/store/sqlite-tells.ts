import type { Database } from 'better-sqlite3'
import type { TellState } from '../../schemas/tell.ts'
import { lister, updater } from './sql.ts'
import type { Store, TellRow } from './store.ts'

const COLUMNS = {
  state: 'state', response: 'response', error: 'error', usage: 'usage', startedAt: 'started_at', endedAt: 'ended_at'
} as const

/** Characters of a text that a list shows. */
const EXCERPT = 2_000

interface Raw { n: number, id: string, session_id: string, speaker: string, team: string, caller: string, state: TellState, message: string, response: string, error: string | null, usage: string | null, created_at: number, started_at: number | null, ended_at: number | null, parent_id: string | null, root_id: string, depth: number }

const toRow = (raw: Raw): TellRow => ({
  id: raw.id,
  sessionId: raw.session_id,
  from: raw.speaker,
  to: raw.team,
  caller: raw.caller,
  state: raw.state,
  message: raw.message,
  response: raw.response,
  error: raw.error === null ? null : JSON.parse(raw.error) as TellRow['error'],
  usage: raw.usage === null ? null : JSON.parse(raw.usage) as TellRow['usage'],
  createdAt: raw.created_at,
  startedAt: raw.started_at,
  endedAt: raw.ended_at,
  parentId: raw.parent_id,
  rootId: raw.root_id,
  depth: raw.depth
})

export function tellTable (db: Database): Store['tells'] {
  const insert = db.prepare(`INSERT INTO tell (id, session_id, speaker, team, caller, state, message, response, created_at, parent_id, root_id, depth)
    VALUES (@id, @sessionId, @from, @to, @caller, @state, @message, @response, @createdAt, @parentId, @rootId, @depth)`)
  const get = db.prepare<[string], Raw>('SELECT * FROM tell WHERE id = ?')
  const inState = db.prepare<[string], Raw>('SELECT * FROM tell WHERE state = ? ORDER BY n')
  const list = lister<Raw, TellRow>(db, 'tell', toRow,
    `n, id, session_id, speaker, team, caller, state, substr(message, 1, ${EXCERPT}) AS message, substr(response, 1, ${EXCERPT}) AS response, error, usage, created_at, started_at, ended_at, parent_id, root_id, depth`)

  return {
    insert: ({ error: _, usage: __, startedAt: ___, endedAt: ____, ...row }) => {
      insert.run(row)
    },
    get: id => { const raw = get.get(id); return raw && toRow(raw) },
    list: ({ to, sessionId, state, caller, teams }, page) => list({ team: to, session_id: sessionId, state, caller }, teams, page),
    inState: state => inState.all(state).map(toRow),
    update: updater(db, 'tell', 'id', COLUMNS)
  }
}
