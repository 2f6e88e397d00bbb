import { Type } from '@sinclair/typebox'
import { Next, Paging } from '../../schemas/page.ts'
import { Session } from '../../schemas/session.ts'
import { TeamName } from '../../schemas/team.ts'
import { viewSession } from '../session-view.ts'
import { defineTool, reach } from '../tool.ts'

export const sessionList = defineTool({
  name: 'session_list',
  title: 'List the sessions',
  description: 'The conversations that the key reaches, newest first, reset ones included.',
  permission: 'status',
  http: { method: 'GET', url: '/sessions' },
  input: Type.Object({
    team: Type.Optional({ ...TeamName, description: 'Only those this team answers in' }),
    from: Type.Optional({ ...TeamName, description: 'Only those of this speaker' }),
    ...Paging
  }, { additionalProperties: false }),
  output: { sessions: Type.Array(Session), next: Next },
  team: null,

  handler ({ team, from, cursor, limit }, call) {
    const { caller } = call
    if (team !== undefined) reach(caller, team)
    const { rows, next } = call.sessions.list({
      ...(team !== undefined && { to: team }), ...(from !== undefined && { from }), ...(caller.teams !== null && { teams: [...caller.teams] })
    }, { limit, ...(cursor !== undefined && { cursor }) })
    return { sessions: rows.map(row => viewSession(row, call)), ...(next !== null && { next }) }
  }
})
