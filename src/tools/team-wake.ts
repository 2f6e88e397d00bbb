import { Type } from '@sinclair/typebox'
import { OneOf } from '../../schemas/one-of.ts'
import { SessionId } from '../../schemas/session.ts'
import { TeamName } from '../../schemas/team.ts'
import { defineTool, speaker } from '../tool.ts'
import { wake } from '../wake.ts'

export const teamWake = defineTool({
  name: 'team_wake',
  title: 'Wake a team',
  description: 'Start the agent of a team for the caller\'s conversation with it, if it is not running already. A tell does that by itself; this only saves it the wait.',
  permission: 'wake',
  hints: { idempotent: true },
  http: { method: 'POST', url: '/teams/:teamName/wake' },
  refusals: [502, 503],
  input: Type.Object({ teamName: TeamName, fromTeam: Type.Optional(TeamName) }, { additionalProperties: false }),
  output: {
    team: TeamName,
    status: OneOf(['awake']),
    sessionId: SessionId,
    pid: Type.Optional(Type.Integer({ description: 'Process id of the agent, where it has a process between turns' })),
    duration: Type.Integer({ description: 'ms' })
  },
  team: ({ teamName }) => teamName,

  handler: ({ teamName, fromTeam }, call) => wake(teamName, speaker(call.caller, fromTeam), call)
})
