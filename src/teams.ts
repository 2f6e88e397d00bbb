import type { Config, Team } from '../schemas/config.ts'
import type { PlaceStatus } from '../schemas/place.ts'
import { AgentError, TeamNotFoundError } from './errors.ts'

export interface Teams {
  /** Throws TeamNotFoundError. */
  get (name: string): Team
  /** As `get`, and throws AgentError where it cannot work now. */
  ready (name: string): Team
  list (): readonly Team[]
  /** Where the team's agents run, when that is not simply here, and whether it is to be had. */
  place (name: string): PlaceStatus | undefined
}

/** The configured teams by name. `config` is asked each time, so that a reload is seen. */
export function createTeams (config: () => Config, placeOf: (team: Team) => PlaceStatus | undefined = () => undefined): Teams {
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
    list: () => [...config().teams.values()],
    place: name => placeOf(get(name))
  }
}
