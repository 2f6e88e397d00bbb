import { Type } from '@sinclair/typebox'
import { TeamName, TeamStatus } from '../../schemas/team.ts'
import { viewTeam } from '../session-view.ts'
import { defineTool } from '../tool.ts'

export const teamStatus = defineTool({
  name: 'team_status',
  title: 'Status of a team',
  description: 'Whether a team is awake, what it is doing, since when and why.',
  permission: 'status',
  http: { method: 'GET', url: '/teams/:teamName/status' },
  input: Type.Object({
    teamName: TeamName,
    fromTeam: Type.Optional({ ...TeamName, description: 'Only the session of this speaker' })
  }, { additionalProperties: false }),
  output: TeamStatus.properties,
  team: ({ teamName }) => teamName,

  handler: ({ teamName, fromTeam }, call) => viewTeam(teamName, fromTeam, call)
})
