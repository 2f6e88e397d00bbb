import { Type } from '@sinclair/typebox'
import { OneOf } from '../../schemas/one-of.ts'
import { TeamName } from '../../schemas/team.ts'
import { SessionBusyError } from '../errors.ts'
import { defineTool, speaker } from '../tool.ts'

export const teamSleep = defineTool({
  name: 'team_sleep',
  title: 'Put a team to sleep',
  description: 'End the agent processes of a team: all of them, or the one of a single speaker. The conversations stay and go on at the next tell.',
  permission: 'sleep',
  hints: { destructive: true, idempotent: true },
  http: { method: 'POST', url: '/teams/:teamName/sleep' },
  refusals: [409],
  input: Type.Object({
    teamName: TeamName,
    fromTeam: Type.Optional({ ...TeamName, description: 'Only the session of this speaker' }),
    force: Type.Boolean({ default: false, description: 'Also where it is busy: its running and waiting tells are cancelled' })
  }, { additionalProperties: false }),
  output: { team: TeamName, status: OneOf(['asleep']), duration: Type.Integer({ description: 'ms' }) },
  team: ({ teamName }) => teamName,

  async handler ({ teamName, fromTeam, force }, { caller, teams, sessions, pool, tells, clock }) {
    const start = clock.now()
    teams.get(teamName)
    const only = fromTeam === undefined ? undefined : sessions.find(speaker(caller, fromTeam), teamName)?.id
    const ids = pool.awake().filter(({ to, id }) => to === teamName && (fromTeam === undefined || id === only)).map(({ id }) => id)
    const busy = ids.filter(id => tells.load(id) > 0)
    if (busy.length > 0 && !force) throw new SessionBusyError(`Team '${teamName}' is busy. Wait for its tells, or use force to cancel them`, { details: { sessions: busy } })
    await Promise.all(ids.map(async id => {
      await tells.cancelAll(id, `the team was put to sleep by '${caller.name}'`)
      await pool.sleep(id, `put to sleep by '${caller.name}'`)
    }))
    return { team: teamName, status: 'asleep' as const, duration: clock.now() - start }
  }
})
