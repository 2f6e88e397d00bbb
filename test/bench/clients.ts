import { Agent } from 'node:http'
import type { Cores } from './cores.ts'
import { gather, type Crowd } from './crowd.ts'
import { createSite, type Iris, type Site } from './iris.ts'
import { load } from './load.ts'
import { rounds, type Measure } from './measure.ts'
import { quantile } from './statistics.ts'
import { tellIris } from './tell.ts'

/** How many WebSockets the small side has. */
const FEW = 10
/** How much longer a tell may take for all the others; requests/s fall by as much. */
const WORSE = 1.3

interface Side { readonly site: Site, readonly iris: Iris, readonly crowd: Crowd, readonly agent: Agent, readonly rate: number[], readonly p50: number[] }

/** What others notice of many WebSockets that are connected and say nothing. */
export function createClients (cores: Cores, profile?: string): Measure {
  return {
    name: 'clients',
    what: 'What others notice of many WebSockets that are connected and say nothing: `team_status` as in `rest`, and tells as in `tell`. Against the same beside ten.',
    async run ({ rounds: count, clients, seconds, tells }) {
      const sides: Side[] = []
      try {
        for (const size of [clients, FEW]) sides.push(await open(cores, size, profile))
        if (count > 1) for (const side of sides) await use(side, { seconds, tells })
        for (const side of rounds(Math.min(count, 5), sides)) {
          const { rate, p50 } = await use(side, { seconds, tells })
          side.rate.push(rate)
          side.p50.push(p50)
        }
      } finally {
        await Promise.all(sides.map(close))
      }
      const [ours, limit] = sides as [Side, Side]
      const words = { against: `beside ${FEW}` }
      return [
        { ...words, measure: `REST team_status beside ${clients} idle WebSockets`, unit: 'requests/s', ours: ours.rate, limit: limit.rate, goal: { of: 'ratio', atLeast: 0.77 } },
        { ...words, measure: `tell to echo beside ${clients} idle WebSockets, p50`, unit: 'ms', ours: ours.p50, limit: limit.p50, goal: { of: 'ratio', atMost: WORSE } }
      ]
    }
  }
}

async function open (cores: Cores, count: number, profile: string | undefined): Promise<Side> {
  const site = createSite(cores, profile)
  let iris: Iris | undefined
  try {
    iris = await site.start()
    const crowd = await gather(`${iris.url}/ws`, { key: iris.key, count })
    return { site, iris, crowd, agent: new Agent({ keepAlive: true, maxSockets: 1 }), rate: [], p50: [] }
  } catch (err) {
    await iris?.end()
    site.remove()
    throw err
  }
}

async function use ({ iris, agent }: Side, { seconds, tells }: { seconds: number, tells: number }): Promise<{ rate: number, p50: number }> {
  const took: number[] = []
  for (let n = 0; n < tells; n++) {
    const began = performance.now()
    await tellIris(iris.url, { key: iris.key, agent }, { message: 'How many clients are there?' })
    took.push(performance.now() - began)
  }
  const { rate } = await load(iris, '/api/teams/echo/status', { key: iris.key, seconds })
  return { rate, p50: quantile(took, 0.5) }
}

async function close ({ site, iris, crowd, agent }: Side): Promise<void> {
  agent.destroy()
  await crowd.leave()
  await iris.end()
  site.remove()
}
