import { Type } from '@sinclair/typebox'
import { OneOf } from '../../schemas/one-of.ts'
import { LimitedUntil, SessionState } from '../../schemas/session.ts'
import { AgentName, TeamName, TeamSession } from '../../schemas/team.ts'
import { viewTeam } from '../session-view.ts'
import { defineTool } from '../tool.ts'

export const teamList = defineTool({
  name: 'team_list',
  title: 'List the teams',
  description: 'The configured teams that the key reaches, with what each is doing.',
  permission: 'status',
  http: { method: 'GET', url: '/teams' },
  input: Type.Object({
    includeProcessDetails: Type.Boolean({ default: false, description: 'Also each living agent process' })
  }, { additionalProperties: false }),
  output: {
    teams: Type.Array(Type.Object({
      name: TeamName,
      status: OneOf(['awake', 'asleep']),
      state: SessionState,
      config: Type.Object({
        path: Type.String(), description: Type.String(), agent: AgentName, permissions: Type.String()
      }, { additionalProperties: false }),
      unavailable: Type.Optional(Type.String({ description: 'Why it cannot work now' })),
      limitedUntil: LimitedUntil,
      process: Type.Optional(Type.Object({
        count: Type.Integer(), messageCount: Type.Integer({ description: 'Cached messages of its awake sessions' }), sessions: Type.Array(TeamSession)
      }, { additionalProperties: false }))
    }, { additionalProperties: false })),
    totalTeams: Type.Integer(),
    awakeTeams: Type.Integer(),
    asleepTeams: Type.Integer()
  },
  team: null,

  handler ({ includeProcessDetails }, call) {
    const teams = call.teams.list().filter(({ name }) => call.caller.teams?.has(name) ?? true).map(team => {
      const { name, path, description, agent, permissions } = team
      const { available, awake, state, reason, limitedUntil, sessions } = viewTeam(name, undefined, call)
      const messageCount = () => sessions.reduce((sum, { sessionId }) => sum + call.cache.stats(sessionId).entries, 0)
      return {
        name,
        status: awake ? 'awake' as const : 'asleep' as const,
        state,
        config: { path, description, agent, permissions: typeof permissions === 'string' ? permissions : 'rules' },
        ...(!available && { unavailable: reason }),
        ...(limitedUntil !== undefined && { limitedUntil }),
        ...(includeProcessDetails && awake && { process: { count: sessions.length, messageCount: messageCount(), sessions } })
      }
    })
    const awakeTeams = teams.filter(({ status }) => status === 'awake').length
    return { teams, totalTeams: teams.length, awakeTeams, asleepTeams: teams.length - awakeTeams }
  }
})
