import { join } from 'node:path'
import { startProcess, type ServerProcess } from '../fixtures/process.ts'
import { runSchedule } from '../fixtures/schedule.ts'
import { placeWitness } from '../fixtures/witness.ts'
import type { Faults } from './fuzz.ts'
import { createRandom } from './random.ts'

/** Schedules that run at once, each in a session of its own. */
const LANES = 12
/** ms that a reader sleeps at the most. */
const NAP = 400
/** ms between restarts at the most; of a short run, which must see some of both kinds. */
const LIFE = 8_000
const SHORT_LIFE = 500

const pause = (ms: number) => new Promise(resolve => { setTimeout(resolve, ms) })

/**
 * `count` schedules of readers that break off, change their way and fall asleep, while the server is stopped or killed and
 * started again on the same data. The first has this seed, the next the one after; a fault says which it was.
 */
export async function resume (count: number, seed: number): Promise<Record<string, Faults>> {
  const random = createRandom(seed)
  // A short drain cancels what runs, a long one lets it end.
  const start = (home?: string) => startProcess({ settings: { maxProcesses: LANES, drainTimeout: random.pick(['1ms', '300ms', '5s']) }, ...(home !== undefined && { home }) })
  let server = await start()
  const { home } = server
  const witness = placeWitness(join(home, '.iris'))
  let up: Promise<ServerProcess> = Promise.resolve(server)
  const faults: Faults = []
  const inside: Faults = []
  const codes: Faults = []
  const counts = new Map<string, number>()
  const add = (what: string, n = 1) => { counts.set(what, (counts.get(what) ?? 0) + n) }
  const began = performance.now()

  let restarts = 0
  async function restart () {
    const killed = restarts++ % 2 === 0
    const code = await server.end(killed ? 'SIGKILL' : 'SIGTERM')
    if (!killed && code !== 0) codes.push(`exit code ${String(code)}: ${server.log().slice(-500)}`)
    inside.push(...internal(server))
    add(killed ? 'kills' : 'stops')
    server = await start(home)
    return server
  }
  const over = new AbortController()
  const restarting = (async () => {
    while (!over.signal.aborted) {
      await pause(500 + random.below(count < 100 ? SHORT_LIFE : LIFE))
      up = restart()
      await up
    }
  })()

  let next = 0
  await Promise.all(Array.from({ length: Math.min(LANES, count) }, async (_, lane) => {
    while (next < count) {
      const own = seed + next++
      const random = createRandom(own)
      const nap = random.below(NAP)
      const outcome = await runSchedule({ address: () => up, witness, random, from: `lane-${lane}`, sleep: () => pause(nap) as Promise<void> })
        .catch((err: unknown) => ({ faults: [String(err)], counts: {} }))
      faults.push(...outcome.faults.map(what => `seed ${own}: ${what}`))
      for (const [what, n] of Object.entries(outcome.counts)) add(what, n)
    }
  }))
  over.abort()
  await restarting
  inside.push(...internal(server))
  witness.close()
  const code = await server.stop()
  if (code !== 0) codes.push(`exit code ${String(code)}`)
  console.log(`  ${count} schedules in ${((performance.now() - began) / 1_000).toFixed(0)} s: ${[...counts].map(([what, n]) => `${n} ${what}`).join(', ')}`)
  return {
    [`${count} schedules: all that happened was received, once and in order, and makes the answers`]: faults,
    'there were kills, stops, sleeps and whole answers among them': ['kills', 'stops', 'sleeps', 'with each chunk'].filter(what => !counts.has(what)).map(what => `no ${what}`),
    'a server that is stopped ends with 0': codes,
    'the logs hold no internal error': inside.slice(0, 5)
  }
}

function internal (server: ServerProcess): Faults {
  return server.log().split('\n').filter(line => /internal error|unhandled|"level":[56]0/i.test(line)).map(line => line.slice(0, 500))
}
