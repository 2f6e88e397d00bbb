import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Cores } from './cores.ts'
import { irisHall, peerHall, type Hall } from './hall.ts'
import { rounds, type Measure, type Row } from './measure.ts'
import type { Pace } from './room.ts'
import { median } from './statistics.ts'

/** Deliveries/s where events come one by one: what each side can bear, so that none comes with the next. */
const CALM = 50_000
/** The largest crowd that is told more than it can hear: beyond it, what is to be caught up with takes minutes. */
const EAGER = 1_000
/** ms until a crowd that has begun to hear is counted */
const SETTLE = 300
/** The share of its core that a server must have had, for its deliveries/s to be its own: with Iris, the agent is on that core too. Clients that have more of theirs are the limit themselves. */
const BUSY = { ours: 0.7, limit: 0.9, clients: 0.9 }

/** ms between events where none is to come with the next */
const calmly = (size: number) => Math.max(1, Math.ceil(size * 1_000 / CALM))

interface Side { readonly hall: Hall, readonly rate: number[], readonly capacity: number[], readonly share: number[], readonly clients: number[] }

const sideOf = (hall: Hall): Side => ({ hall, rate: [], capacity: [], share: [], clients: [] })

/** Events of one session to many WebSockets, against the least that `ws` can do: one frame, made once and written to each. */
export function createFanout (cores: Cores, profile?: string): Measure {
  return {
    name: 'fanout',
    what: 'Many WebSockets hear one session, in which a tell to `echo` is answered: each piece of the answer is an event of about 290 bytes, parsed, stored and sent to all. Against `ws`, where a frame is made once and written to each socket. *One by one* is at a pace that both sides can bear; *one each ms* is more than most can: then Iris writes together what came together.',
    async run ({ rounds: count, seconds: long, crowds }) {
      const seconds = long / 2 // there are many of them
      const rows: Row[] = []
      for (const size of crowds) {
        const full = { count: size, warm: count > 1 }
        const open = (directory: string) => [irisHall(cores, full, profile), peerHall(cores, full, { peer: 'room-ws', path: '/', directory })] as const
        rows.push(...await inHalls(open, async halls => {
          const name = `events of a session to ${size} WebSockets`
          const against = 'ws, a frame made once'
          const goal = { of: 'ratio', atLeast: 0.9 } as const
          const calm = await listen(halls, { every: calmly(size), together: 1 }, { count, seconds })
          const row = perCpu(calm, { measure: `${name}, one by one`, against, goal })
          if (size > EAGER) return row
          const eager = await listen(halls, { every: 1, together: 1 }, { count, seconds })
          return [...row, perSecond(eager, { measure: `${name}, one each ms`, against, goal })]
        }))
      }
      return rows
    }
  }
}

/** The same against a room of Socket.IO 4; and ten events in one turn. */
export function createBursts (cores: Cores, profile?: string): Measure {
  return {
    name: 'bursts',
    what: 'The same against a room of Socket.IO 4 over WebSocket alone; and where ten events come in one turn.',
    async run ({ rounds: count, seconds: long, audience: size }) {
      const seconds = long / 2
      const io = { peer: 'room-socket-io', path: '/socket.io/?EIO=4&transport=websocket', greeting: '40' } as const
      const full = { count: size, warm: count > 1 }
      const open = (directory: string) => [
        irisHall(cores, full, profile), peerHall(cores, full, { ...io, directory }), peerHall(cores, full, { peer: 'room-ws', path: '/', directory })
      ] as const
      return inHalls(open, async halls => {
        const name = `events of a session to ${size} WebSockets`
        const against = 'a room of Socket.IO 4'
        const calm = { every: calmly(size), together: 1 }
        const single = await listen(halls.slice(0, 2), calm, { count, seconds })
        const tens = await listen(halls, { every: calm.every * 10, together: 10 }, { count, seconds: long })
        return [
          ...perCpu(single, { measure: `${name}, one by one`, against, goal: { of: 'ratio', atLeast: 1.5 } }),
          ...perCpu(tens, { measure: `${name}, tens in one turn`, against, goal: { of: 'ratio', atLeast: 8 } }),
          ...perCpu([tens[0]!, tens[2]!], { measure: `${name}, tens in one turn`, against: 'ws, ten frames in one write' })
        ]
      })
    }
  }
}

async function inHalls<T> (open: (directory: string) => readonly Promise<Hall>[], work: (halls: Hall[]) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'iris-bench-'))
  const opened = await Promise.allSettled(open(directory))
  const halls = opened.flatMap(one => one.status === 'fulfilled' ? [one.value] : [])
  try {
    const failed = opened.find(one => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return await work(halls)
  } finally {
    await Promise.all(halls.map(hall => hall.close()))
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Rounds of the same pace in each hall. */
async function listen (halls: readonly Hall[], pace: Pace, { count, seconds }: { count: number, seconds: number }): Promise<Side[]> {
  const sides = halls.map(sideOf)
  // What has just started is slow; the figures begin after it.
  if (count > 1) for (const hall of halls) await hear(hall, pace, seconds)
  for (const { hall, rate, capacity, share, clients } of rounds(count, sides)) {
    const { events, ms, used, clients: busy } = await hear(hall, pace, seconds)
    rate.push(events / ms * 1_000)
    capacity.push(events / used * 1_000)
    share.push(used / ms)
    clients.push(busy)
  }
  return sides
}

/** Deliveries in some seconds, and the ms of the server's processor time that they took. Rejects where a client missed one. */
async function hear ({ program, crowd, speak }: Hall, pace: Pace, seconds: number): Promise<{ events: number, ms: number, used: number, clients: number }> {
  const hush = await speak(pace, SETTLE + seconds * 1_000)
  await pause(SETTLE)
  await crowd.begin()
  const before = program.cpu()
  await pause(seconds * 1_000)
  const { events, ms, holes, share: clients } = await crowd.end()
  const used = program.cpu() - before
  await hush()
  if (holes > 0) throw new Error(`${holes} events did not come, or not in order`)
  return { events, ms, used, clients }
}

type Words = Pick<Row, 'measure' | 'against' | 'goal'>

/** None where the system does not say what a process uses. */
function perCpu ([ours, limit]: readonly Side[], words: Words): Row[] {
  if (ours!.capacity.some(Number.isNaN)) return []
  return [{ ...words, unit: 'deliveries per CPU s', ours: ours!.capacity, limit: limit!.capacity }]
}

function perSecond ([ours, limit]: readonly Side[], words: Words): Row {
  const doubt = doubtOf(ours!, limit!)
  return { ...words, unit: 'deliveries/s', ours: ours!.rate, limit: limit!.rate, ...(doubt !== undefined && { doubt }) }
}

function doubtOf (ours: Side, limit: Side): string | undefined {
  if (median(ours.share) < BUSY.ours) return `Iris had ${median(ours.share).toFixed(2)} of its core`
  if (median(limit.share) < BUSY.limit) return `the limit had ${median(limit.share).toFixed(2)} of its core`
  // Where they hold up Iris, it only looks slower than it is.
  return median(limit.clients) > BUSY.clients ? `the clients had ${median(limit.clients).toFixed(2)} of theirs` : undefined
}
