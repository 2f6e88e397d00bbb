import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { pino, type Logger } from 'pino'
import type { Config } from '../schemas/config.ts'
import { startWatchdog } from './agent/watchdog.ts'
import { buildApp } from './app.ts'
import { systemClock } from './clock.ts'
import { endOrphans } from './orphans.ts'
import { gatherLines } from './request-lines.ts'
import { createServices, type Wiring } from './services.ts'
import { readAdminKey, removeServerFile, writeAdminKey, writeServerFile } from './server-file.ts'
import { openStderr } from './stderr.ts'
import { lockHome } from './store/lock.ts'

export interface Server {
  readonly url: string
  /** The admin key, where this start made it. */
  readonly firstKey?: string
  readonly log: Logger
  /** MCP for this process. `headers`: those of an HTTP request that say more of who speaks. */
  openChannel: FastifyInstance['openChannel']
  /** The longest message that is taken, bytes. */
  readonly bodyLimit: number
  /** Put another configuration in force. */
  reconfigure (config: Config): void
  /** Drain (`ms` at most, else settings.drainTimeout), then end everything. Resolves when no child and no file is left behind. */
  close (ms?: number): Promise<void>
}

/** ms that connections get to take their last answer */
const LAST_WORDS = 3_000

/**
 * The whole server. Throws where another one serves this data directory, or the port is taken.
 * Logs go to stderr: stdout may be somebody's JSON-RPC.
 */
export async function startServer ({ config, environment, logLevel = 'info', portFallback = false }: {
  config: Config
  /** The server's own environment: agents get an allow list of it. */
  environment: Readonly<Record<string, string | undefined>>
  logLevel?: string
  /** Take any free port where the configured one is taken. */
  portFallback?: boolean
}): Promise<Server> {
  const { home, settings } = config
  const unlock = lockHome(home)
  if (unlock === null) throw new Error(`Another Iris serves the data directory ${home}. Stop it, or use another one (--home)`)
  const stderr = openStderr(systemClock)
  const log = pino({ level: logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'] }, stderr)
  const made: { close (): unknown }[] = [stderr]
  try {
    const run = randomUUID()
    const watchdog = startWatchdog(run)
    made.unshift({ close: watchdog.dismiss })
    const services = createServices({ config, environment, run, onError: err => { log.error({ err }, 'internal error') } })
    made.unshift(services)
    const orphans = await endOrphans(home, services)
    if (orphans.length > 0) log.warn({ pids: orphans }, 'ended the agents of a server that was killed')
    let draining = false
    const requests = config.api.logRequests ? gatherLines(services.clock, stderr.write) : undefined
    const app = await buildApp(services, {
      log: log.child({}, { level: logLevel === 'info' ? 'warn' : logLevel }),
      ...(requests !== undefined && { answered: requests.add }),
      ready: () => !draining
    })
    // Before anybody can come: nobody answers a question that nobody waits for, or gets a place before those who have one.
    services.approvals.recover()
    const goOn = services.tells.recover()
    made.unshift(app)
    await app.listen({ host: settings.host, port: settings.httpPort }).catch((err: NodeJS.ErrnoException) => {
      if (!portFallback || err.code !== 'EADDRINUSE') throw notBound(settings, err)
      return app.listen({ host: settings.host, port: 0 })
    })
    const url = address(app.addresses()[0] as AddressInfo)
    const firstKey = await ensureAdminKey(home, services)
    writeServerFile(home, { url, pid: process.pid, version: services.version, startedAt: services.startedAt })
    await goOn() // now that agents know where to call
    services.webhooks.start()

    const warn = () => {
      for (const team of services.teams.list()) {
        const why = services.teams.unavailable(team)
        if (why !== undefined) log.warn(`The team '${team.name}' is unavailable: ${why}`)
      }
    }
    warn()

    let closing: Promise<void> | undefined
    async function close (ms = services.config().settings.drainTimeout) {
      draining = true
      await services.drain(ms)
      const hangUp = services.clock.after(LAST_WORDS, () => { app.server.closeAllConnections() })
      await Promise.all([app.close(), services.pool.close()])
      hangUp()
      requests?.flush()
      await services.close()
      await watchdog.dismiss()
      removeServerFile(home, process.pid)
      unlock!()
      await stderr.close()
    }

    return {
      url,
      ...(firstKey !== undefined && { firstKey }),
      log,
      openChannel: app.openChannel,
      bodyLimit: config.api.bodyLimit,
      reconfigure (next) {
        services.reconfigure(next)
        warn()
      },
      close: ms => closing ??= close(ms)
    }
  } catch (err) {
    for (const one of made) await one.close()
    unlock()
    throw err
  }
}

/** Says it by the settings that name the address. */
function notBound ({ host, httpPort }: Config['settings'], cause: NodeJS.ErrnoException): Error {
  const why = cause.code === 'EADDRINUSE'
    ? "is taken by another program. Choose another 'settings.httpPort' (--port); 0 takes any free one"
    : cause.code === 'EACCES'
      ? "may not be bound by this user. Choose a 'settings.httpPort' (--port) above 1023"
      : `cannot be bound: is 'settings.host' an address of this machine? (${cause.message})`
  return new Error(`The address ${host}:${httpPort} ${why}`, { cause })
}

function address ({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

const ADMIN = 'admin'

/** The key that the command line of the same user finds. Returned where it is new, so that it is shown once. One that was revoked stays so. */
async function ensureAdminKey (home: string, { keys, audit }: Pick<Wiring, 'keys' | 'audit'>): Promise<string | undefined> {
  const present = readAdminKey(home)
  if (present !== null && keys.authenticate(present) !== null) return undefined
  const known = keys.list().find(({ name }) => name === ADMIN)
  if (known?.revokedAt !== undefined || known?.source === 'config') return undefined
  const { key } = known === undefined ? keys.create({ name: ADMIN, permissions: ['admin'] }) : keys.rotate(ADMIN)
  await audit.record({ caller: null, via: 'start', tool: known === undefined ? 'key_create' : 'key_rotate', keyName: ADMIN, outcome: 'ok' })
  writeAdminKey(home, key)
  return key
}
