import type { Tell } from '../schemas/tell.ts'
import { applyChunks } from './answer.ts'
import type { Store, TellRow } from './store/store.ts'

/** A tell as the outside sees it. */
export function viewTell (row: TellRow, { events }: Pick<Store, 'events'>): Tell {
  const { id, caller: _, rootId: __, parentId, error, usage, startedAt, endedAt, attachments, schema: ___, structured, ...rest } = row
  return {
    tellId: id,
    ...rest,
    response: row.state === 'running' ? applyChunks(events.chunks(id)) : row.response,
    ...(attachments !== undefined && { attachments: [...attachments] }),
    ...(structured !== undefined && { structured }),
    ...(parentId !== null && { parentId }),
    ...(error && { error }),
    ...(usage && { usage }),
    ...(startedAt !== null && { startedAt }),
    ...(endedAt !== null && { endedAt, duration: endedAt - row.createdAt })
  }
}
