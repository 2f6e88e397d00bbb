import { findServer, request } from './client.ts'
import { span, table } from './table.ts'
import { print, printJson, type ClientFlags, type World } from './world.ts'

interface TeamsAnswer {
  teams: { name: string, state: string, unavailable?: string, limitedUntil?: number, config: { agent: string, path: string, description: string } }[]
}

/** `iris teams` */
export async function teams (world: World, flags: ClientFlags): Promise<void> {
  const answer = await request<TeamsAnswer>(await findServer(world, flags), 'GET', '/teams')
  if (flags.json) return printJson(world, answer)
  if (answer.teams.length === 0) return print(world, 'There are no teams yet: add one under `teams:` in config.yaml')
  print(world, table(['TEAM', 'STATE', 'AGENT', 'PATH', 'DESCRIPTION'], answer.teams.map(({ name, state, unavailable, limitedUntil, config }) =>
    [name, unavailable !== undefined ? 'unavailable' : limitedUntil !== undefined ? `limited, ${span(limitedUntil - world.clock.now())} left` : state, config.agent, config.path, unavailable ?? config.description])))
}
