import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { Static, TObject, TSchema } from '@sinclair/typebox'
import { ConfigFile, type Config, type Team } from '../../schemas/config.ts'
import { DURATION } from '../../schemas/duration.ts'
import { checkAgent } from './check-agent.ts'
import { checkAllowed } from './check-allowed.ts'
import { checkFile } from './check-file.ts'
import { checkOptions } from './check-options.ts'
import { SIZE } from '../../schemas/size.ts'
import { checkKeys } from './check-keys.ts'
import { checkPlace, isElsewhere } from './check-place.ts'
import { whyNoDirectory } from './directory.ts'
import { readDocument } from './document.ts'
import { milliseconds } from './duration.ts'
import type { Environment } from './environment.ts'
import { openToOthers } from './loopback.ts'
import { ConfigError, describe, type Problem } from './problems.ts'
import { bytes } from './size.ts'
import { tracesOf } from './traces.ts'

/** What the command line says, and where it was said. */
export interface LoadOptions {
  /** `--config`. */
  file?: string | undefined
  /** `--home`. */
  home?: string | undefined
  /** `--port`. */
  port?: number | undefined
  env: Environment
  /** The directory that relative paths of flags and variables start from. */
  cwd: string
}

/** Absolute paths. */
export interface Located {
  /** null where there is none. */
  readonly file: string | null
  /** The data directory. */
  readonly home: string
}

/** Where the file and the data are: flag, then `IRIS_CONFIG` and `IRIS_HOME`, then `config.yaml` here and `.iris` beside it. */
export function locateConfig ({ file, home, env, cwd }: LoadOptions): Located {
  const named = file ?? (env.IRIS_CONFIG || undefined)
  const usual = join(cwd, 'config.yaml')
  const found = named !== undefined ? resolve(cwd, named) : existsSync(usual) ? usual : null
  const chosen = home ?? (env.IRIS_HOME || undefined)
  return { file: found, home: chosen !== undefined ? resolve(cwd, chosen) : join(found === null ? cwd : dirname(found), '.iris') }
}

/** Reads, checks and completes the configuration. Throws ConfigError with all that is wrong. */
export function loadConfig (options: LoadOptions): Config {
  const { file, home } = locateConfig(options)
  if (file === null) throw new ConfigError(options.cwd, ['there is no config.yaml here. `iris init` writes one; --config or IRIS_CONFIG names another'])
  const { value, problems, line } = readDocument(read(file), options.env, ConfigFile)
  const fail = (found: Problem[]) => new ConfigError(file, found
    .map(problem => ({ line: line(problem), text: problem.text }))
    .sort((a, b) => a.line - b.line)
    .map(one => one.line === 0 ? one.text : `line ${one.line}: ${one.text}`))
  if (problems.length > 0) throw fail(problems)

  const raw = (value ?? {}) as Static<typeof ConfigFile>
  const errors = checkFile(raw)
  if (errors.length > 0) throw fail(errors.map(error => describe(error, ConfigFile)))
  const settings = measured(raw.settings, ConfigFile.properties.settings)
  const api = { ...raw.api, rateLimit: measured(raw.api.rateLimit, ConfigFile.properties.api.properties.rateLimit) }
  const webhooks = measured(raw.webhooks, ConfigFile.properties.webhooks)
  settings.httpPort = portOf(options) ?? settings.httpPort

  const wrong = [...checkKeys(api.apiKeys), ...checkAllowed(webhooks.allow)]
  const open = openToOthers(settings, api)
  if (open !== undefined) wrong.push({ path: ['api', 'requireAuth'], text: open })
  for (const [name, team] of Object.entries(raw.teams)) wrong.push(...checkOptions(name, team), ...checkAgent(name, team), ...checkPlace(name, team))
  if (wrong.length > 0) throw fail(wrong)
  const teams = Object.entries(raw.teams).map(([name, team]) => [name, teamOf(name, team, dirname(file))] as const)
  return freeze({ file, home, settings, api, webhooks, metrics: raw.metrics, tracing: tracesOf(raw.tracing, options.env), teams: new Map(teams) })
}

function read (file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException
    throw new ConfigError(file, [code === 'ENOENT' ? 'the file does not exist' : `cannot be read: ${message}`], err)
  }
}

function portOf ({ port, env }: LoadOptions): number | undefined {
  const text = env.IRIS_HTTP_PORT
  if (port !== undefined || text === undefined || text === '') return port
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new ConfigError('IRIS_HTTP_PORT', ['must be a port: a whole number from 0 to 65535'])
  return Number(text)
}

function teamOf (name: string, { path, idleTimeout, ...rest }: Static<typeof ConfigFile>['teams'][string], base: string): Team {
  const there = isElsewhere(rest)
  const directory = there ? path : resolve(base, path)
  const unavailable = there ? undefined : whyNoDirectory(directory)
  const fromHere = (file: string) => file.startsWith('~') || isAbsolute(file) ? file : resolve(base, file)
  const { remote } = rest
  return {
    ...rest,
    ...(remote !== undefined && {
      remote: {
        ...remote,
        ...(remote.identity !== undefined && { identity: fromHere(remote.identity) }),
        ...(remote.config !== undefined && { config: fromHere(remote.config) })
      }
    }),
    name,
    path: directory,
    ...(unavailable !== undefined && { unavailable }),
    ...(idleTimeout !== undefined && { idleTimeout: milliseconds(idleTimeout)! })
  }
}

/** Every duration of an object in ms, and every size in bytes. */
function measured<T extends object> (values: T, { properties }: TObject): T {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => {
    switch ((properties[key] as TSchema | undefined)?.pattern) {
      case DURATION: return [key, milliseconds(value as string | number)]
      case SIZE: return [key, bytes(value as string | number)]
      default: return [key, value as unknown]
    }
  })) as T
}

function freeze<T extends object> (value: T): T {
  for (const one of value instanceof Map ? value.values() : Object.values(value)) if (typeof one === 'object' && one !== null) freeze(one as object)
  return Object.freeze(value)
}
