import { realpathSync } from 'node:fs'
import { sep } from 'node:path'
import type { Config } from '../../schemas/config.ts'
import { TeamName } from '../../schemas/team.ts'
import { ConfigError, loadConfig, locateConfig } from '../config.ts'
import { readAdminKey } from '../server-file.ts'
import { discover, type Target } from './client.ts'
import { bridge } from './mcp-bridge.ts'
import { openInside } from './mcp-inside.ts'
import { serve, type Serving } from './serve.ts'
import { CliError, loadOptions, type ClientFlags, type World } from './world.ts'

/** How long running tells get when the client is gone, ms: it will not wait for them, and may soon kill. */
const DRAIN = 1_000

/** How often, and how many times, a server that another program is just starting is looked for, ms. */
const LOOK_AGAIN = 200
const LOOKS = 50

/**
 * `iris mcp`: MCP on stdin and stdout, as a bridge to the Iris that serves this data directory. Where none does, the
 * whole server runs in this process, HTTP included, as long as stdin is open. stdout carries JSON-RPC and nothing else.
 */
export async function mcp (world: World, flags: ClientFlags & { as?: string }): Promise<void> {
  if (flags.as !== undefined && !new RegExp(TeamName.pattern!).test(flags.as)) throw new CliError(`'${flags.as}' is no team name`, { code: 2 })
  const say = (message: string) => { world.stderr.write(`iris mcp: ${message}\n`) }
  let serving: Serving | undefined

  async function connect (): Promise<Target> {
    for (let looks = 0, failed = 0; ; looks++) {
      const found = await discover(world, flags)
      if (found !== null) return found
      try {
        return await begin()
      } catch (err) {
        // Of several programs started at once, one becomes the server; the others find it a moment later.
        const { lockHome } = await import('../store/lock.ts')
        const unlock = err instanceof ConfigError ? undefined : lockHome(locateConfig(loadOptions(world, flags)).home)
        unlock?.()
        if (unlock === undefined || looks >= LOOKS || (unlock !== null && ++failed > 1)) throw err
      }
      await new Promise<void>(resolve => { world.clock.after(LOOK_AGAIN, resolve) })
    }
  }

  /** The whole server, in this process. */
  async function begin (): Promise<Target> {
    const config = loadConfig(loadOptions(world, flags))
    serving = await serve(world, config, flags, { logLevel: 'warn', portFallback: true })
    const { url } = serving.server
    say(`serves ${config.home} at ${url}`)
    return { url, key: readAdminKey(config.home) ?? undefined }
  }

  const end = new AbortController()
  const deaf = (['SIGTERM', 'SIGINT'] as const).map(signal => world.on(signal, () => { end.abort() }))
  try {
    // What was found serves once; a later search starts anew.
    let found: Target | undefined = await connect()
    const find = async () => {
      const target = found ?? await connect()
      found = undefined
      return target
    }
    const team = flags.as ?? teamHere(world, flags, say)
    const headers: Record<string, string> = team === undefined ? {} : { 'iris-as': team }
    await bridge({
      ...world,
      async connect (events) {
        const target = await find()
        if (target.url === serving?.server.url) return openInside(serving.server, target.key, headers, events)
        const { openSocket } = await import('./mcp-socket.ts')
        const link = await openSocket(target, headers, events)
        if (link !== null) return link
        found = target
        const { createHttpLink } = await import('./mcp-http.ts')
        return createHttpLink({ clock: world.clock, connect: find, headers, say }, events)
      },
      say,
      signal: end.signal
    })
  } finally {
    await serving?.close(DRAIN)
    for (const one of deaf) one()
  }
}

/** The team in whose directory this runs: of several, the innermost. */
function teamHere (world: World, flags: ClientFlags, say: (message: string) => void): string | undefined {
  const options = loadOptions(world, flags)
  if (locateConfig(options).file === null) return undefined
  try {
    return teamAt(loadConfig(options), realpathSync(world.cwd))
  } catch (err) {
    say((err as Error).message)
    return undefined
  }
}

export function teamAt ({ teams }: Pick<Config, 'teams'>, directory: string): string | undefined {
  return [...teams.values()]
    .filter(({ unavailable }) => unavailable === undefined)
    .map(({ name, path }) => ({ name, path: realpathSync(path) }))
    .filter(({ path }) => directory === path || directory.startsWith(path.endsWith(sep) ? path : path + sep))
    .sort((a, b) => b.path.length - a.path.length)[0]?.name
}
