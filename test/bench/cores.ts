import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Cores {
  /** What is measured runs here; null: anywhere. */
  readonly server: number | null
  /** This process and the load run here. */
  readonly load: number | null
}

/** Moves this process, and so what it starts, to one core, and keeps another one for servers. Where that cannot be, says so by null. */
export function takeCores (): Cores {
  try {
    const [server, load] = allowed()
    if (load === undefined) return { server: null, load: null }
    execFileSync('taskset', ['-acp', String(load), String(process.pid)], { stdio: 'ignore' })
    return { server: server!, load }
  } catch {
    return { server: null, load: null } // no Linux, or no taskset
  }
}

/** The cores that this process may use: the kernel lists them as `0-3,8`. */
function allowed (): number[] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!
  return list.split(',').flatMap(part => {
    const [from, to = from] = part.split('-').map(Number)
    return Array.from({ length: to! - from! + 1 }, (_, n) => from! + n)
  })
}

/** A command line that runs on the core for servers. */
export function onServerCore ({ server }: Cores, command: readonly string[]): [string, ...string[]] {
  return (server === null ? command : ['taskset', '-c', String(server), ...command]) as [string, ...string[]]
}
