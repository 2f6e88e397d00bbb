import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Team } from '../../schemas/config.ts'
import type { Agent, Program } from '../agent/agent.ts'
import { allowedEnvironment } from '../agent/environment.ts'
import { KINDS } from '../agent/kinds.ts'
import { createPlaces, elsewhere } from '../agent/launch/places.ts'
import { probeAt } from '../agent/launch/probe.ts'
import { probeVersion, type Probe } from '../agent/probe.ts'
import { remedy } from '../agent/program.ts'
import { systemClock } from '../clock.ts'
import type { Check } from './doctor.ts'
import type { World } from './world.ts'

/** How long an agent may take to be ready, ms. */
const PATIENCE = 20_000

/** Whether a team's agent is there, in which version, logged in, and starts: as the server would start it, in a conversation that nobody keeps. No model is called. */
export async function examine ({ env: base }: World, team: Team, home: string): Promise<Check> {
  const { name, path, agent: word, command, unavailable, env } = team
  const check = `team ${name}`
  const warn = (detail: string): Check => ({ check, result: 'warn', detail })
  if (unavailable !== undefined) return warn(unavailable)

  const kind = KINDS.get(word)!
  const clock = systemClock
  // Under another name than the server's, whose children and containers are not the doctor's to end.
  const owner = `${home}#doctor`
  const place = createPlaces({ clock, owner, environment: base, patience: () => PATIENCE }).of(team)
  const run = command ?? kind.program
  const program: Program = {
    ...asked(run, kind.unversioned), cwd: path, env: { ...(place === undefined && allowedEnvironment(base, kind.environment(base))), ...env }
  }
  const found: Probe = place !== undefined
    ? await probeAt(place, program, { clock, owner })
    : run === undefined || kind.unversioned ? { version: '' } : await probeVersion(run, program)
  if ('missing' in found) return warn(found.missing + remedy(command, kind))

  const facts = [`${path}${place === undefined ? '' : ` at ${place.status().where}`}`]
  facts.push(run === undefined ? `agent ${word} comes with Iris` : `${run} ${'version' in found ? found.version : ''}`.trim())
  const account = place === undefined && run !== undefined ? await kind.login?.(program) : undefined
  if (account !== undefined) facts.push(account.detail)
  if (account?.ok === false) return warn(facts.join(', '))

  const kept = mkdtempSync(join(tmpdir(), 'iris-doctor-'))
  try {
    const agent = kind.create({ clock, owner, home: kept })
    await start(place === undefined ? agent : elsewhere(place, agent), team, program.env)
    return { check, result: 'ok', detail: [...facts, 'starts'].join(', ') }
  } catch (err) {
    return warn([...facts, `but does not start: ${(err as Error).message}`].join(', '))
  } finally {
    rmSync(kept, { recursive: true, force: true })
  }
}

/** What is run for the version. A program that need not know the word might do its work instead: of that it is only looked whether it is there. */
function asked (run: string | undefined, unversioned = false): Pick<Program, 'command' | 'args'> {
  if (run === undefined) return { command: 'true', args: [] }
  if (!unversioned) return { command: run, args: ['--version'] }
  return { command: 'sh', args: ['-c', 'command -v "$1" > /dev/null || { echo "$1: not found" >&2; exit 127; }', 'sh', run] }
}

async function start (agent: Agent, team: Team, env: Program['env']): Promise<void> {
  const { name, path, command, args, model, mode } = team
  const giveUp = new AbortController()
  const cancelDeadline = systemClock.after(PATIENCE, () => { giveUp.abort(new Error(`it is not ready within ${PATIENCE / 1000} s`)) })
  try {
    const living = await agent.start({
      team: name,
      cwd: path,
      sessionId: randomUUID(),
      conversation: randomUUID(),
      resume: false,
      env,
      command,
      args,
      model,
      mode,
      options: team,
      costSoFar: 0,
      on () {},
      signal: giveUp.signal
    })
    await living.stop()
  } finally {
    cancelDeadline()
  }
}
