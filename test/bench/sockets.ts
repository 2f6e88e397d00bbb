import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Cores } from './cores.ts'
import { createSite } from './iris.ts'
import { rounds, type Measure } from './measure.ts'
import { startPeer } from './peer.ts'
import type { Program } from './program.ts'

const CLIENTS = fileURLToPath(new URL('./idle-clients.js', import.meta.url))
/** ms that clients may take to come, and to say how many they are */
const DEADLINE = 120_000
/** Files that a server has open besides its sockets, at most. */
const OTHER_FILES = 200

interface Side {
  start (): Promise<{ program: Program, key: string }>
  readonly perClient: number[]
}

/** Resident memory that each client takes who is connected and says nothing, beyond a server that has none. */
export function createSockets (cores: Cores): Measure {
  return {
    name: 'sockets',
    what: 'Resident memory that each of many WebSockets takes that is connected and says nothing. Against `ws` alone.',
    async run ({ rounds: count, clients, idle }) {
      if (openFiles() < clients + OTHER_FILES) throw new Error(`${clients} clients need more open files than the hard limit, ${openFiles()}: raise it (ulimit -Hn)`)
      const site = createSite(cores)
      const sides: Side[] = [
        { async start () { const program = await site.start(); return { program, key: program.key } }, perClient: [] },
        { start: async () => ({ program: await startPeer(cores, 'bare-ws', site.directory), key: 'none' }), perClient: [] }
      ]
      try {
        for (const { start, perClient } of rounds(Math.min(count, 3), sides)) {
          const { program, key } = await start()
          try {
            perClient.push(await measure(program, { key, clients, idle }))
          } finally {
            await program.end()
          }
        }
      } finally {
        site.remove()
      }
      const [ours, limit] = sides as [Side, Side]
      return [{ measure: `memory of each of ${clients} idle WebSockets`, unit: 'kB', ours: ours.perClient, limit: limit.perClient, against: 'bare ws', goal: { of: 'ratio', atMost: 1.5 } }]
    }
  }
}

/** kB per client */
async function measure (program: Program, { key, clients, idle }: { key: string, clients: number, idle: number }): Promise<number> {
  await pause(idle)
  const before = program.resident()
  const child = spawn(process.execPath, [CLIENTS, program.url, key, String(clients)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const kill = () => { child.kill('SIGKILL') }
  process.on('exit', kill)
  const late = setTimeout(kill, DEADLINE)
  const exited = once(child, 'exit').then(() => '')
  const says = async () => Number(await Promise.race([once(child.stdout, 'data').then(([said]) => String(said)), exited]))
  try {
    if (await says() !== clients) throw new Error(`Not all of ${clients} clients could connect`)
    await pause(idle)
    const after = program.resident()
    child.stdin.write('\n')
    const open = await says()
    if (open !== clients) throw new Error(`Of ${clients} clients ${open} are left`)
    return (after - before) * 1_000 / clients
  } finally {
    clearTimeout(late)
    kill()
    await exited
    process.off('exit', kill)
  }
}

/** The hard limit of open files: Node raises its own to that. */
function openFiles (): number {
  if (process.platform !== 'linux') return Infinity
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))![1]
  return hard === 'unlimited' ? Infinity : Number(hard)
}
