import { locateConfig } from '../config/load.ts'
import { readAdminKey, readServerFile } from '../server-file.ts'
import type { ErrorBody } from '../../schemas/error.ts'
import { bearer, exchange, text } from './exchange.ts'
import { CliError, loadOptions, type ClientFlags, type World } from './world.ts'

/** How long a living server may take to say so, ms. */
const LIVE_WITHIN = 2_000

/** A server and the key for it. */
export interface Target {
  /** Without a slash at its end, e.g. `http://127.0.0.1:1615`. */
  readonly url: string
  readonly key: string | undefined
}

/**
 * The server that the flags or the environment name, else the one that serves this data directory; null where none lives.
 * The key in the data directory goes to its own server only.
 */
export async function discover (world: World, flags: ClientFlags): Promise<Target | null> {
  const named = flags.url ?? (world.env.IRIS_URL || undefined)
  const key = flags.key ?? (world.env.IRIS_KEY || undefined)
  const { home } = locateConfig(loadOptions(world, flags))
  const own = readServerFile(home)
  const url = named === undefined ? own?.url : origin(named)
  if (url === undefined) return null
  if (named === undefined && !(runs(own!.pid) && await lives(world, url))) return null
  return { url, key: key ?? (own?.url === url && runs(own.pid) ? readAdminKey(home) ?? undefined : undefined) }
}

/** As `discover`. Throws CliError where none lives. */
export async function findServer (world: World, flags: ClientFlags): Promise<Target> {
  const target = await discover(world, flags)
  if (target !== null) return target
  const { home } = locateConfig(loadOptions(world, flags))
  throw new CliError(`No Iris serves ${home}. Start one with 'iris start', or name another with --url, --home or --config`)
}

/** Calls the REST API. Resolves to the parsed answer; throws CliError with the server's own words. */
export async function request<T> (target: Target, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const { status, json } = await exchange(`${target.url}/api${path}`, {
    method,
    headers: {
      ...bearer(target.key),
      ...(body !== undefined && { 'content-type': 'application/json' })
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal })
  })
    .then(async response => ({ status: response.statusCode ?? 0, json: await text(response) }))
    .catch((err: unknown) => { throw new Unreachable(target.url, err) })
  const answer = parse(json)
  if (status < 400 && answer !== undefined) return answer as T
  throw new Refused((answer ?? {}) as Partial<ErrorBody>, status)
}

/** undefined where the text is no JSON: then it is not Iris that answered. */
export function parse (json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** The server cannot be reached, or broke off. */
export class Unreachable extends CliError {
  constructor (url: string, cause: unknown) {
    super(`${url} does not answer: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`, { cause })
  }
}

/** The server answered with an error. */
export class Refused extends CliError {
  readonly status: number

  constructor (body: Partial<ErrorBody>, status: number) {
    const hint = status === 401 ? '. Name one with --key or IRIS_KEY' : ''
    super(`${body.message ?? `The server answered with status ${status}`}${hint}`)
    this.status = status
  }
}

function origin (url: string): string {
  if (!/^https?:\/\/./.test(url)) throw new CliError(`'${url}' is no URL of a server; expected e.g. http://127.0.0.1:1615`, { code: 2 })
  return url.replace(/\/+$/, '').replace(/\/api$/, '')
}

/** A dead server's port may belong to another program by now, which must not get the key. */
function runs (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function lives ({ clock }: World, url: string): Promise<boolean> {
  const patience = new AbortController()
  const cancel = clock.after(LIVE_WITHIN, () => { patience.abort() })
  try {
    const response = await exchange(`${url}/health/live`, { method: 'GET', headers: {}, signal: patience.signal })
    response.resume()
    return response.statusCode === 200
  } catch {
    return false
  } finally {
    cancel()
  }
}
