import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import type { Program } from './program.ts'

const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon')
const CONNECTIONS = 50

export interface Load {
  /** requests/s */
  readonly rate: number
  /** requests per s of the server's processor time: what a core of its own would serve; NaN where the system does not say */
  readonly capacity: number
  /** The share of a core that the server had: near 1 it is the server that is measured. */
  readonly share: number
}

export interface Report { '2xx': number, non2xx: number, errors: number, timeouts: number, mismatches: number, duration: number }

/** GETs one URL over and over from another process, on the core of this one. Rejects where an answer is not 2xx. */
export async function load (program: Program, path: string, { key, seconds }: { key: string, seconds: number }): Promise<Load> {
  const before = program.cpu()
  const args = [AUTOCANNON, '--json', '--connections', String(CONNECTIONS), '--duration', String(seconds), '--headers', `authorization=Bearer ${key}`, program.url + path]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: (seconds + 20) * 1_000, maxBuffer: 1e8 })
  return judge(program, path, JSON.parse(stdout) as Report, before)
}

/** What was reported of a server that had used `before` ms of processor time. Throws where it did not do its work. */
export function judge (program: Program, path: string, { '2xx': answered, non2xx, errors, timeouts, duration }: Report, before: number): Load {
  const used = program.cpu() - before
  if (non2xx + errors + timeouts > 0) throw new Error(`${program.url}${path}: ${non2xx} answers were not 2xx, ${errors} errors, ${timeouts} timeouts`)
  return { rate: answered / duration, capacity: answered / used * 1_000, share: used / 1_000 / duration }
}
