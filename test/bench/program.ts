import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from './ask.ts'
import { onServerCore, type Cores } from './cores.ts'

/** A server in a process of its own. */
export interface Program {
  readonly url: string
  /** ms from its start until it answered */
  readonly started: number
  /** ms of processor time it took for that; NaN where the system does not say */
  readonly effort: number
  /** ms of processor time it has used; NaN where the system does not say */
  cpu (): number
  /** MB of resident memory */
  resident (): number
  /** Resolves when it has ended. */
  end (): Promise<void>
}

/** ms that a server may take to answer, and to end */
const DEADLINE = 15_000

/**
 * Runs a compiled file of ours on the core for servers, in `directory`, until `/health/live` answers. It prints its
 * address on stdout. Its stderr goes to a file, as where it serves: read by us, its logs would take from the load's core.
 * Rejects with the end of that where it ends before.
 */
export async function startProgram (cores: Cores, words: readonly string[], directory: string, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const [command, ...args] = onServerCore(cores, [process.execPath, ...words])
  const log = join(directory, 'stderr.log')
  const stderr = openSync(log, 'a')
  const began = performance.now()
  const child = spawn(command, args, {
    cwd: directory, env: { PATH: process.env.PATH, HOME: directory, NODE_ENV: 'production', ...env }, stdio: ['ignore', 'pipe', stderr]
  })
  closeSync(stderr)
  const kill = () => { child.kill('SIGKILL') }
  process.on('exit', kill)
  const exited = once(child, 'exit').then(([code, signal]) => {
    process.off('exit', kill)
    return `${String(code ?? signal)}`
  })

  const address = new Promise<string>(resolve => {
    let printed = ''
    child.stdout!.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      const url = /(http:\/\/[\w.]+:\d+)\W/.exec(printed)?.[1]
      if (url !== undefined) resolve(url)
    })
  })

  async function end () {
    const late = setTimeout(kill, DEADLINE)
    child.kill('SIGTERM')
    await exited
    clearTimeout(late)
  }

  // One that does not come to listen is killed, and then it has ended.
  const late = setTimeout(kill, DEADLINE)
  try {
    const url = await Promise.race([address, exited.then(() => null)])
    if (url === null) throw new Error(`${words.join(' ')} ended with ${await exited}: ${readFileSync(log, 'utf8').slice(-4_096)}`)
    const { status } = await ask(`${url}/health/live`)
    if (status !== 200) throw new Error(`${words.join(' ')} is not healthy: ${status}`)
    const started = performance.now() - began
    return { url, started, effort: cpuTime(child.pid!), cpu: () => cpuTime(child.pid!), resident: () => resident(child.pid!), end }
  } catch (err) {
    await end()
    throw err
  } finally {
    clearTimeout(late)
  }
}

/** Of all its threads, as the scheduler counts them, in ns: the times of `stat` are ticks of 10 ms, and some bursts take not much more. */
function cpuTime (pid: number): number {
  if (!existsSync('/proc/self/schedstat')) return NaN
  const threads = `/proc/${pid}/task`
  return readdirSync(threads).reduce((ms, thread) => ms + Number(readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0)
}

function resident (pid: number): number {
  const kilobytes = process.platform === 'linux'
    ? /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
  return Number(kilobytes) * 1024 / 1e6
}
