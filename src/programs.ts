import type { Team } from '../schemas/config.ts'
import { KINDS } from './agent/kinds.ts'
import { remedy, whyNoProgram } from './agent/program.ts'

/**
 * Says why a team's agent has no program to run, as far as this machine can know. One that was there when its configuration
 * was read is taken to be there still: its start says otherwise. One that was not is looked for again each time.
 */
export function createPrograms ({ isHere, environment }: {
  /** Whether its agents run on this machine, and in no container. */
  isHere: (team: Team) => boolean
  environment: (team: Team) => Readonly<Record<string, string>>
}): (team: Team) => string | undefined {
  const found = new WeakSet<Team>()
  return team => {
    if (found.has(team)) return undefined
    const kind = KINDS.get(team.agent)!
    const wanted = team.command ?? kind.program
    const why = wanted === undefined || !isHere(team) ? undefined : whyNoProgram(wanted, { cwd: team.path, env: environment(team) })
    if (why !== undefined) return why + remedy(team.command, kind)
    found.add(team)
    return undefined
  }
}
