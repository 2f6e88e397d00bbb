import { setTimeout as pause } from 'node:timers/promises'
import type { Cores } from './cores.ts'
import { createSite } from './iris.ts'
import type { Measure } from './measure.ts'
import { startPeer } from './peer.ts'
import type { Program } from './program.ts'

/** Resident memory of a server that has started and has had nothing to do. */
export function createMemory (cores: Cores): Measure {
  return {
    name: 'memory',
    what: 'Resident memory of a server that has started and has had nothing to do. Against bare Fastify.',
    async run ({ rounds, idle }) {
      const site = createSite(cores)
      const ours: number[] = []
      const limit: number[] = []
      let sides: Program[] = []
      const end = async () => { await Promise.all(sides.splice(0).map(side => side.end())) }
      try {
        for (let round = 0; round < rounds; round++) {
          sides = [await site.start()]
          sides.push(await startPeer(cores, 'bare-fastify', site.directory))
          await pause(idle)
          ours.push(sides[0]!.resident())
          limit.push(sides[1]!.resident())
          await end()
        }
      } finally {
        await end()
        site.remove()
      }
      return [{ measure: 'resident memory, idle', unit: 'MB', ours, limit, against: 'bare Fastify', goal: { of: 'ratio', atMost: 2 } }]
    }
  }
}
