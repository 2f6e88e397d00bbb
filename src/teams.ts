import type { Config, Team } from '../schemas/config.ts'
import { AgentError, TeamNotFoundError } from './errors.ts'

export interface Teams {
  /** Throws TeamNotFoundError. */
  get (name: string): Team
  /** As `get`, and throws AgentError where it cannot work now. */
  ready (name: string): Team
  list (): readonly Team[]
}

/** The configured teams by name. `config` is asked each time, so that a reload is seen. */
export function createTeams (config: () => Config): Teams {
  function get (name: string): Team {
    const team = config().teams.get(name)
    if (team === undefined) throw new TeamNotFoundError(name)
    return team
  }
  return {
    get,
    ready (name) {
      const team = get(name)
      if (team.unavailable !== undefined) throw new AgentError(`Team '${name}' is unavailable: ${team.unavailable}`)
      return team
    },
    list: () => [...config().teams.values()]
  }
}
