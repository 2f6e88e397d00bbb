import { Type } from '@sinclair/typebox'
import { ErrorBody } from '../../schemas/error.ts'
import { OneOf } from '../../schemas/one-of.ts'
import { TeamName } from '../../schemas/team.ts'
import { toErrorBody } from '../errors.ts'
import { defineTool, speaker, type Call } from '../tool.ts'
import { wake } from '../wake.ts'

export const teamWakeAll = defineTool({
  name: 'team_wake_all',
  title: 'Wake all teams',
  description: 'Start the agents of all teams that the key reaches. One that fails does not keep the others from waking.',
  permission: 'wake',
  hints: { idempotent: true },
  http: { method: 'POST', url: '/teams/wake-all' },
  input: Type.Object({
    fromTeam: Type.Optional(TeamName),
    parallel: Type.Boolean({ default: true, description: 'All at once, or one after the other' })
  }, { additionalProperties: false }),
  output: {
    results: Type.Array(Type.Object({
      team: TeamName,
      status: OneOf(['awake', 'failed']),
      sessionId: Type.Optional(Type.String()),
      pid: Type.Optional(Type.Integer()),
      duration: Type.Optional(Type.Integer({ description: 'ms' })),
      error: Type.Optional(ErrorBody)
    }, { additionalProperties: false })),
    totalTeams: Type.Integer(),
    awakeTeams: Type.Integer(),
    failedTeams: Type.Integer(),
    duration: Type.Integer({ description: 'ms' })
  },
  team: null,

  async handler ({ fromTeam, parallel }, call) {
    const start = call.clock.now()
    const from = speaker(call.caller, fromTeam)
    const names = call.teams.list().map(({ name }) => name).filter(name => call.caller.teams?.has(name) ?? true)
    const results: Awaited<ReturnType<typeof attempt>>[] = []
    if (parallel) results.push(...await Promise.all(names.map(name => attempt(name, from, call))))
    else for (const name of names) results.push(await attempt(name, from, call))
    const awakeTeams = results.filter(({ status }) => status === 'awake').length
    return { results, totalTeams: results.length, awakeTeams, failedTeams: results.length - awakeTeams, duration: call.clock.now() - start }
  }
})

async function attempt (team: string, from: string, call: Call) {
  try {
    return await wake(team, from, call)
  } catch (err) {
    return { team, status: 'failed' as const, error: toErrorBody(err, call.clock.now()) }
  }
}
