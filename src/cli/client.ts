import { accessSync, constants } from 'node:fs'
import { locateConfig } from '../config/load.ts'
import { adminKeyFile, readAdminKey, readServerFile } from '../server-file.ts'
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
  /** Where the key was found that nobody named. */
  readonly keyFile?: string | undefined
}

/**
 * The server that the flags or the environment name, else the one that serves this data directory; null where none lives.
 * The key in the data directory goes to its own server only.
 */
export async function discover (world: World, flags: ClientFlags): Promise<Target | null> {
  const named = flags.url ?? (world.env.IRIS_URL || undefined)
  const key = token(flags.key ?? (world.env.IRIS_KEY || undefined))
  const { home } = locateConfig(loadOptions(world, flags))
  const own = readServerFile(home)
  const url = named === undefined ? own?.url : origin(named)
  if (url === undefined) return null
  if (named === undefined && !(runs(own!.pid) && await lives(world, url))) return null
  if (key !== undefined || own?.url !== url || !runs(own.pid)) return { url, key }
  return { url, key: readAdminKey(home) ?? undefined, keyFile: adminKeyFile(home) }
}

/** As `discover`. Throws CliError where none lives. */
export async function findServer (world: World, flags: ClientFlags): Promise<Target> {
  const target = await discover(world, flags)
  if (target !== null) return target
  const { home } = locateConfig(loadOptions(world, flags))
  if (isClosed(home)) throw new CliError(`${home} is another user's: name the server and a key for it with --url and --key`)
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
  throw new Refused((answer ?? {}) as Partial<ErrorBody>, status, target)
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

  constructor (body: Partial<ErrorBody>, status: number, target: Target) {
    super(`${body.message ?? `The server answered with status ${status}`}${status === 401 ? keyHint(target) : ''}`)
    this.status = status
  }
}

function keyHint ({ key, keyFile }: Target): string {
  const name = '. Name one with --key or IRIS_KEY'
  if (keyFile === undefined) return name
  return key === undefined ? `${name}: there is none in ${keyFile}, where the next start makes it` : `: it is that of ${keyFile}${name}, or remove the file, and the next start makes another`
}

/** Of a secret that was read from a file there is a line break at the end. */
function token (key: string | undefined): string | undefined {
  const word = key?.trim()
  if (word !== undefined && /[^\t\x20-\x7e\x80-\xff]/.test(word)) throw new CliError('The key has a character that no key has', { code: 2 })
  return word
}

function origin (url: string): string {
  if (!/^https?:\/\/./.test(url)) throw new CliError(`'${url}' is no URL of a server; expected e.g. http://127.0.0.1:1615`, { code: 2 })
  return url.replace(/\/+$/, '').replace(/\/api$/, '')
}

/** A data directory is for its owner alone. */
function isClosed (home: string): boolean {
  try {
    accessSync(home, constants.R_OK | constants.X_OK)
    return false
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EACCES'
  }
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
