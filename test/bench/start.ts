import type { Cores } from './cores.ts'
import { createSite } from './iris.ts'
import { rounds, type Measure, type Row } from './measure.ts'
import { startPeer } from './peer.ts'
import type { Program } from './program.ts'

interface Side {
  start (): Promise<Program>
  readonly took: number[]
  readonly effort: number[]
}

/** From the start of the process until `/health/live` answers, in a data directory that is there already. */
export function createStart (cores: Cores): Measure {
  return {
    name: 'start',
    what: 'From the start of the process until `/health/live` answers, with a data directory that is there already. Against bare Fastify.',
    async run ({ rounds: count }) {
      const site = createSite(cores)
      const sides: Side[] = [
        { start: () => site.start(), took: [], effort: [] },
        { start: () => startPeer(cores, 'bare-fastify', site.directory), took: [], effort: [] }
      ]
      try {
        // The first start makes the data directory and fills the file cache.
        for (const { start } of sides) await (await start()).end()
        for (const { start, took, effort } of rounds(count, sides)) {
          const program = await start()
          took.push(program.started)
          effort.push(program.effort)
          await program.end()
        }
      } finally {
        site.remove()
      }
      const [ours, limit] = sides as [Side, Side]
      const against = 'bare Fastify'
      const row: Row = { measure: 'start to listening', unit: 'ms', ours: ours.took, limit: limit.took, against, goal: { of: 'ratio', atMost: 2 } }
      return ours.effort.some(Number.isNaN) ? [row] : [row, { measure: 'start to listening', unit: 'CPU ms', ours: ours.effort, limit: limit.effort, against }]
    }
  }
}
