import { Type } from '@sinclair/typebox'
import { Next, Paging } from '../../schemas/page.ts'
import { SessionId } from '../../schemas/session.ts'
import { TeamName } from '../../schemas/team.ts'
import { Tell, TellState } from '../../schemas/tell.ts'
import { readsAll } from '../own-tells.ts'
import { defineTool, reach } from '../tool.ts'

export const tellList = defineTool({
  name: 'tell_list',
  title: 'List the tells',
  description: 'Tells, newest first: all that the key reaches with cache:read, else its own. Of long texts only the beginning: tell_get has the whole.',
  permission: ['tell', 'cache:read'],
  http: { method: 'GET', url: '/tells' },
  input: Type.Object({
    team: Type.Optional({ ...TeamName, description: 'Only those told to this team' }),
    session: Type.Optional(SessionId),
    state: Type.Optional(TellState),
    ...Paging
  }, { additionalProperties: false }),
  output: { tells: Type.Array(Tell), next: Next },
  team: null,

  handler ({ team, session, state, cursor, limit }, { caller, tells }) {
    if (team !== undefined) reach(caller, team)
    const { rows, next } = tells.list({
      ...(team !== undefined && { to: team }),
      ...(session !== undefined && { sessionId: session }),
      ...(state !== undefined && { state }),
      ...(!readsAll(caller) && { caller: caller.name }),
      ...(caller.teams !== null && { teams: [...caller.teams] })
    }, { limit, ...(cursor !== undefined && { cursor }) })
    return { tells: rows, ...(next !== null && { next }) }
  }
})
