import { findServer, request } from './client.ts'
import { span, table } from './table.ts'
import { print, printJson, type ClientFlags, type World } from './world.ts'

interface StatusAnswer {
  sessions: { total: number, active: number }
  processes: { total: number, maxProcesses: number }
  tells: { running: number, queued: number }
  uptime: number
  version: string
}

/** `iris status` */
export async function status (world: World, flags: ClientFlags): Promise<void> {
  const target = await findServer(world, flags)
  const answer = await request<StatusAnswer>(target, 'GET', '/status')
  if (flags.json) return printJson(world, { url: target.url, ...answer })
  const { sessions, processes, tells, uptime, version } = answer
  print(world, table(['Iris', version], [
    ['address', target.url],
    ['up', span(uptime)],
    ['sessions', `${sessions.total}, ${sessions.active} with a living agent`],
    ['processes', `${processes.total} of ${processes.maxProcesses}`],
    ['tells', `${tells.running} running, ${tells.queued} queued`]
  ]))
}
