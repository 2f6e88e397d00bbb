import type { Config, Team } from '../schemas/config.ts'
import type { PlaceStatus } from '../schemas/place.ts'
import { whyNoDirectory } from './config/directory.ts'
import { AgentError, TeamNotFoundError } from './errors.ts'

export interface Teams {
  /** Throws TeamNotFoundError. */
  get (name: string): Team
  /** As `get`, and throws AgentError where it cannot work now. */
  ready (name: string): Team
  list (): readonly Team[]
  /** Why it cannot work now: its directory, or its agent's program, is not there. */
  unavailable (team: Team): string | undefined
  /** Where the team's agents run, when that is not simply here, and whether it is to be had. */
  place (name: string): PlaceStatus | undefined
}

/** The configured teams by name. `config` is asked each time, so that a reload is seen. */
export function createTeams (config: () => Config, placeOf: (team: Team) => PlaceStatus | undefined = () => undefined, programMissing: (team: Team) => string | undefined = () => undefined): Teams {
  function get (name: string): Team {
    const team = config().teams.get(name)
    if (team === undefined) throw new TeamNotFoundError(name)
    return team
  }
  return {
    get,
    ready (name) {
      const team = get(name)
      const why = noDirectory(team)
      if (why !== undefined) throw new AgentError(`Team '${name}' is unavailable: ${why}`)
      return team
    },
    list: () => [...config().teams.values()],
    unavailable: team => noDirectory(team) ?? programMissing(team),
    place: name => placeOf(get(name))
  }
}

/** One whose directory was missing when the configuration was read is looked for again. */
const noDirectory = ({ path, unavailable }: Team) => unavailable === undefined ? undefined : whyNoDirectory(path)
