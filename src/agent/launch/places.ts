import type { Team } from '../../../schemas/config.ts'
import type { Clock } from '../../clock.ts'
import type { Agent, Start } from '../agent.ts'
import { containerShell } from './container.ts'
import { createPlace, type Place } from './place.ts'
import { sshShell } from './ssh.ts'

/** The places of the teams whose agents run elsewhere. */
export interface Places {
  /** undefined where the team's agents simply run here. One place for as long as its configuration stays. */
  of (team: Team): Place | undefined
}

export function createPlaces ({ clock, owner, environment, patience }: {
  clock: Clock
  /** Id of the data directory. */
  owner: string
  /** The server's own environment: what leads there gets an allow list of it. */
  environment: Readonly<Record<string, string | undefined>>
  /** How long a start may take, ms. */
  patience: () => number
}): Places {
  const known = new Map<string, { spec: string, place: Place }>()
  const swept = new Map<string, Promise<void>>()
  return {
    of ({ name, remote, container }) {
      if (remote === undefined && container === undefined) return undefined
      const spec = JSON.stringify([remote, container])
      const found = known.get(name)
      if (found?.spec === spec) return found.place
      const shell = remote === undefined
        ? containerShell(container!, { clock, owner, environment, swept })
        : sshShell(remote, { environment, patience })
      const place = createPlace(shell, { clock })
      known.set(name, { spec, place })
      return place
    }
  }
}

/** Where Iris is called by the address in the environment, the address as it is there. */
const called = (env: Start['env'], url: string) => 'IRIS_URL' in env ? { ...env, IRIS_URL: url } : env

/** An agent whose programs run at a place, whatever its kind. */
export function elsewhere (place: Place, agent: Agent): Agent {
  return {
    async start (start) {
      const { launch, access, explain } = place.open(start)
      try {
        return await agent.start({ ...start, launch, ...(access !== undefined && { access, env: called(start.env, access.url) }) })
      } catch (err) {
        throw explain(err, start.signal.aborted)
      }
    }
  }
}
