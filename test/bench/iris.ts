import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Cores } from './cores.ts'
import { startProgram, type Program } from './program.ts'

const MAIN = fileURLToPath(new URL('../../bin/iris.js', import.meta.url))

/** A directory with a configuration and what the server makes of it. */
export interface Site {
  readonly directory: string
  /** Where the server keeps what it stores. */
  readonly home: string
  /** The words that run a command of `iris` here. */
  words (command: string): string[]
  start (): Promise<Iris>
  remove (): void
}

export interface Iris extends Program {
  /** One that may do everything. */
  readonly key: string
}

/** All is as it comes but the limits, which count and never refuse, and the port. JSON is YAML. */
const CONFIG = {
  settings: { httpPort: 0 },
  api: { rateLimit: { max: 1e9, tells: 1e9 } },
  teams: { echo: { path: '.', agent: 'echo' } }
}

/** `iris start` as a user runs it, in a directory of its own. `profile`: where its CPU profile goes; `settings`, `api`, `teams`: what its configuration says besides. */
export function createSite (cores: Cores, profile?: string, { settings, api, teams, env }: { settings?: object, api?: object, teams?: object, env?: Readonly<Record<string, string>> } = {}): Site {
  const directory = mkdtempSync(join(tmpdir(), 'iris-bench-'))
  const config = join(directory, 'config.yaml')
  const home = join(directory, 'home')
  writeFileSync(config, JSON.stringify({ ...CONFIG, settings: { ...CONFIG.settings, ...settings }, api: { ...CONFIG.api, ...api }, teams: { ...CONFIG.teams, ...teams } }))
  const words = (command: string) => [MAIN, command, '--config', config, '--home', home]
  return {
    directory,
    home,
    words,
    async start () {
      const node = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]
      const program = await startProgram(cores, [...node, ...words('start'), '--port', '0', '--json'], directory, env)
      return { ...program, key: readFileSync(join(home, 'admin.key'), 'utf8').trim() }
    },
    remove () { rmSync(directory, { recursive: true, force: true }) }
  }
}
