import { Type } from '@sinclair/typebox'
import { defineTool } from '../tool.ts'

export const systemStatus = defineTool({
  name: 'system_status',
  title: 'Status of Iris',
  description: 'How many sessions, processes and tells there are of the teams that the key reaches, how many processes there may be in all, and how long the server has been up.',
  permission: 'status',
  http: { method: 'GET', url: '/status' },
  input: Type.Object({}, { additionalProperties: false }),
  output: {
    sessions: Type.Object({ total: Type.Integer(), active: Type.Integer({ description: 'With a living agent' }) }, { additionalProperties: false }),
    processes: Type.Object({ total: Type.Integer(), maxProcesses: Type.Integer() }, { additionalProperties: false }),
    tells: Type.Object({ running: Type.Integer(), queued: Type.Integer() }, { additionalProperties: false }),
    uptime: Type.Integer({ description: 'ms' }),
    version: Type.String()
  },
  team: null,

  handler (_, { caller: { teams }, sessions, pool, tells, clock, startedAt, version }) {
    const { total, max } = pool.size(teams)
    return {
      sessions: {
        total: sessions.count(teams === null ? undefined : [...teams]),
        active: pool.awake().filter(({ to }) => teams === null || teams.has(to)).length
      },
      processes: { total, maxProcesses: max },
      tells: tells.count(teams),
      uptime: clock.now() - startedAt,
      version
    }
  }
})
