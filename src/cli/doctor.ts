import { accessSync, constants, existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import type { Config } from '../../schemas/config.ts'
import { loadConfig, locateConfig } from '../config.ts'
import { discover } from './client.ts'
import { examine } from './doctor-agent.ts'
import { loadOptions, print, printJson, type Flags, type World } from './world.ts'

/** One thing looked at. `warn` lets the server run, without what it names. */
export interface Check { check: string, result: 'ok' | 'warn' | 'fail', detail: string }

/** `iris doctor`: what would keep the server or a team from working. Exit code 1 where something fails. */
export async function doctor (world: World, flags: Flags): Promise<number> {
  const checks: Check[] = []
  const { home } = locateConfig(loadOptions(world, flags))
  const config = read(world, flags, checks)
  checks.push(writable(home))
  if (config !== undefined) {
    checks.push(await address(world, flags, config))
    checks.push(...await Promise.all([...config.teams.values()].map(async team => await examine(world, team, home))))
  }
  if (flags.json) printJson(world, { checks })
  else for (const { check, result, detail } of checks) print(world, `${result.padEnd(4)}  ${check}: ${detail}`)
  return checks.some(({ result }) => result === 'fail') ? 1 : 0
}

function read (world: World, flags: Flags, checks: Check[]): Config | undefined {
  try {
    const config = loadConfig(loadOptions(world, flags))
    const { size } = config.teams
    checks.push({ check: 'configuration', result: size === 0 ? 'warn' : 'ok', detail: `${config.file!}${size === 0 ? ' names no team' : `, ${size} team${size === 1 ? '' : 's'}`}` })
    return config
  } catch (err) {
    checks.push({ check: 'configuration', result: 'fail', detail: (err as Error).message })
    return undefined
  }
}

/** Looks without leaving a trace: a directory that is not there yet must be able to come. */
function writable (home: string): Check {
  const there = nearestDirectory(home)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
    return { check: 'data directory', result: 'ok', detail: there === home ? home : `${home} (made by the first start)` }
  } catch (err) {
    return { check: 'data directory', result: 'fail', detail: `cannot write to ${there}: ${(err as NodeJS.ErrnoException).code}` }
  }
}

function nearestDirectory (path: string): string {
  return existsSync(path) ? path : nearestDirectory(dirname(path))
}

async function address (world: World, flags: Flags, config: Config): Promise<Check> {
  const { host, httpPort } = config.settings
  const check = 'address'
  const own = await discover({ ...world, env: { ...world.env, IRIS_URL: undefined } }, flags)
  if (own !== null) return { check, result: 'ok', detail: `an Iris serves this data directory at ${own.url}` }
  return await new Promise(resolve => {
    const server = createServer()
    server.once('error', (err: NodeJS.ErrnoException) => {
      resolve({ check, result: 'fail', detail: `${host}:${httpPort} ${err.code === 'EADDRINUSE' ? 'is taken by another program; choose another settings.httpPort' : `cannot be bound: ${err.code ?? err.message}`}` })
    })
    server.listen({ host, port: httpPort, exclusive: true }, () => {
      server.close(() => { resolve({ check, result: 'ok', detail: `${host}:${httpPort} is free` }) })
    })
  })
}
