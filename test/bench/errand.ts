import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { onServerCore, type Cores } from './cores.ts'

/** ms that one may take */
const DEADLINE = 300_000

/** Runs a compiled file beside this one to its end, on the core for servers. Resolves to the JSON that it prints. `profile`: where its CPU profile goes. */
export async function runErrand<T> (cores: Cores, name: string, words: readonly string[], profile?: string): Promise<T> {
  const node = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  const [command, ...args] = onServerCore(cores, [process.execPath, ...node, file, ...words])
  const { stdout } = await promisify(execFile)(command, args, { timeout: DEADLINE, killSignal: 'SIGKILL', maxBuffer: 1e8 })
  return JSON.parse(stdout) as T
}
