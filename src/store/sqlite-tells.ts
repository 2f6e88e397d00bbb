import type { Database } from 'better-sqlite3'
import type { AttachmentInfo } from '../../schemas/attachment.ts'
import type { TellState } from '../../schemas/tell.ts'
import { lister, updater } from './sql.ts'
import type { Store, TellRow } from './store.ts'

const COLUMNS = {
  state: 'state', response: 'response', structured: 'structured', error: 'error', usage: 'usage', startedAt: 'started_at', endedAt: 'ended_at'
} as const

/** Characters of a text that a list shows. */
const EXCERPT = 2_000

interface Raw { n: number, id: string, session_id: string, speaker: string, team: string, caller: string, state: TellState, message: string, attachments: string | null, answer_schema: string | null, structured: string | null, response: string, error: string | null, usage: string | null, created_at: number, started_at: number | null, ended_at: number | null, parent_id: string | null, root_id: string, depth: number }

const toRow = (raw: Raw): TellRow => ({
  id: raw.id,
  sessionId: raw.session_id,
  from: raw.speaker,
  to: raw.team,
  caller: raw.caller,
  state: raw.state,
  message: raw.message,
  ...(raw.attachments !== null && { attachments: JSON.parse(raw.attachments) as AttachmentInfo[] }),
  ...(raw.answer_schema !== null && { schema: JSON.parse(raw.answer_schema) as Record<string, unknown> }),
  response: raw.response,
  ...(raw.structured !== null && { structured: JSON.parse(raw.structured) as unknown }),
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
  const insert = db.prepare(`INSERT INTO tell (id, session_id, speaker, team, caller, state, message, attachments, answer_schema, response, created_at, started_at, parent_id, root_id, depth)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const get = db.prepare<[string], Raw>('SELECT * FROM tell WHERE id = ?')
  const inState = db.prepare<[string], Raw>('SELECT * FROM tell WHERE state = ? ORDER BY n')
  const insertBody = db.prepare('INSERT INTO tell_attachment (tell_id, place, data) VALUES (?, ?, ?)')
  const bodies = db.prepare<[string], Buffer>('SELECT data FROM tell_attachment WHERE tell_id = ? ORDER BY place').pluck()
  const dropBodies = db.prepare('DELETE FROM tell_attachment WHERE tell_id = ?')
  const update = updater(db, 'tell', 'id', COLUMNS)
  const list = lister<Raw, TellRow>(db, 'tell', toRow,
    `n, id, session_id, speaker, team, caller, state, substr(message, 1, ${EXCERPT}) AS message, substr(response, 1, ${EXCERPT}) AS response, attachments, answer_schema, structured, error, usage, created_at, started_at, ended_at, parent_id, root_id, depth`)

  return {
    insert ({ id, sessionId, from, to, caller, state, message, attachments, schema, response, createdAt, startedAt, parentId, rootId, depth }, bodies = []) {
      // By place: each name would be looked up in the row.
      insert.run(id, sessionId, from, to, caller, state, message, attachments === undefined ? null : JSON.stringify(attachments), schema === undefined ? null : JSON.stringify(schema), response, createdAt, startedAt, parentId, rootId, depth)
      bodies.forEach((data, place) => { insertBody.run(id, place, data) })
    },
    bodies: id => bodies.all(id),
    dropBodies: id => { dropBodies.run(id) },
    get: id => { const raw = get.get(id); return raw && toRow(raw) },
    list: ({ to, sessionId, state, caller, teams }, page) => list({ team: to, session_id: sessionId, state, caller }, teams, page),
    inState: state => inState.all(state).map(toRow),
    update (id, { structured, ...fields }) {
      // Any JSON value, a text or a number too.
      update(id, { ...fields, ...(structured !== undefined && { structured: JSON.stringify(structured) }) })
    }
  }
}
