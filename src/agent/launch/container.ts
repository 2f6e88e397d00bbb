import { hash } from 'node:crypto'
import { hostname } from 'node:os'
import type { Container } from '../../../schemas/place.ts'
import type { Clock } from '../../clock.ts'
import type { Program } from '../agent.ts'
import { allowedEnvironment } from '../environment.ts'
import { spawnChild } from '../child.ts'
import { lastLine, type Shell, type Verdict } from './place.ts'

/** What the engine's own program needs to find its daemon or its files. */
const ENGINES = /^(DOCKER_\w+|CONTAINER_\w+|CONTAINERS_\w+|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS)$/
/** How long the engine may take to end a container, ms. */
const PATIENCE = 10_000

/** A field of --mount: a list with commas, where what holds one is quoted as in a CSV file. */
const field = (name: string, value: string) => /[",\n]/.test(value) ? `"${name}=${value.replaceAll('"', '""')}"` : `${name}=${value}`

/** Where the engine is told what to run, up to the shell's command. */
export function containerArguments ({ image, name, mounts = [], args = [] }: Container, { session, owner, cwd }: { session: string, owner: string, cwd: string }): string[] {
  if (image === undefined) return ['exec', '-i', ...args, name!, 'sh', '-c']
  return [
    'run', '-i', '--rm', '--init', '--pull', 'never',
    '--name', `iris-${session}`, '--label', `iris.owner=${owner}`,
    '--mount', ['type=bind', field('source', cwd), field('target', cwd)].join(','),
    ...mounts.flatMap(mount => ['--volume', mount]),
    ...args,
    image, 'sh', '-c'
  ]
}

export function judgeContainer (where: string, words: string): Verdict {
  const line = lastLine(words.replaceAll(/^See '.*--help'\.?$|^Run '.*--help' for more information$/gm, '')) ?? 'it does not say why'
  const away = /cannot connect to|is the docker daemon running|connection refused|unable to connect/i.test(words)
  return away
    ? { reason: 'unreachable', message: `The engine of '${where}' cannot be reached: ${line}` }
    : { reason: 'refused', message: `'${where}' gives no shell: ${line}` }
}

/**
 * A shell in a container. One made from an image is the session's: it is removed at its end, at the latest before the
 * session's next; what an earlier server left is removed before the first.
 */
export function containerShell (container: Container, { clock, owner, environment, swept }: {
  clock: Clock
  owner: string
  environment: Readonly<Record<string, string | undefined>>
  /** The engines whose leftovers are gone, or are about to be. */
  swept: Map<string, Promise<void>>
}): Shell {
  const { image, name, engine } = container
  const where = image ?? name!
  const label = hash('sha256', `${hostname()}:${owner}`).slice(0, 16)
  const env = allowedEnvironment(environment, [ENGINES])

  /** What the engine says to that; nothing where it fails or takes too long. */
  async function ask (...args: string[]) {
    let said = ''
    await new Promise<void>(resolve => {
      spawnChild({
        command: engine, args, cwd: '/', env, owner, sessionId: '', clock, stdout (chunk) { said += chunk.toString() }, exit () { resolve() }
      }).then(child => { clock.after(PATIENCE, () => { void child.kill() }) }, () => { resolve() })
    })
    return said
  }

  async function sweep () {
    const left = (await ask('ps', '-aq', '--filter', `label=iris.owner=${label}`)).split('\n').filter(id => /^[0-9a-f]+$/.test(id))
    if (left.length > 0) await ask('rm', '-f', ...left)
  }

  return {
    where,
    async program (command, session, cwd): Promise<Program> {
      if (!swept.has(engine)) swept.set(engine, sweep())
      await swept.get(engine)
      return { command: engine, args: [...containerArguments(container, { session, owner: label, cwd }), command], cwd: '/', env }
    },
    judge: words => judgeContainer(where, words),
    ...(image !== undefined && { async clean (session: string) { await ask('rm', '-f', `iris-${session}`) } })
  }
}
