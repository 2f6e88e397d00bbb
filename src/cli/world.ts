import type { Environment } from '../config/environment.ts'
import type { Clock } from '../clock.ts'
import type { LoadOptions } from '../config/load.ts'

/** What a command touches. */
export interface World {
  readonly env: Environment
  readonly cwd: string
  readonly clock: Clock
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean }
  /** Hear a signal; the returned function ends that. */
  on (signal: NodeJS.Signals, hear: () => void): () => void
}

/** Options that every command takes. */
export interface Flags {
  config?: string
  home?: string
  port?: number
  json?: boolean
}

/** Options of the commands that speak to a server. */
export interface ClientFlags extends Flags {
  url?: string
  key?: string
}

/** What decides where the configuration is. */
export function loadOptions ({ env, cwd }: World, { config, home, port }: Flags): LoadOptions {
  return { file: config, home, port, env, cwd }
}

/** A failure told to the user in one sentence; the exit code is 1, or 2 where the command line itself is wrong. */
export class CliError extends Error {
  override name = 'CliError'
  readonly code: 1 | 2

  constructor (message: string, options: { cause?: unknown, code?: 1 | 2 } = {}) {
    super(message, { cause: options.cause })
    this.code = options.code ?? 1
  }
}

export function print ({ stdout }: Pick<World, 'stdout'>, text: string): void {
  stdout.write(text + '\n')
}

export function printJson (world: Pick<World, 'stdout'>, value: unknown): void {
  print(world, JSON.stringify(value, null, 2))
}
