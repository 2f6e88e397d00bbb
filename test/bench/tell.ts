import { Agent } from 'node:http'
import { join } from 'node:path'
import { ask } from './ask.ts'
import type { Cores } from './cores.ts'
import { createSite, type Iris } from './iris.ts'
import { rounds, type Measure } from './measure.ts'
import { openPipe, type Pipe } from './pipe.ts'
import { quantile } from './statistics.ts'

const MESSAGE = 'How many endpoints are there?'
/** Times the tells of a round that go before the first. */
const WARM_UP = 20

interface Side {
  /** One tell; resolves to its answer. */
  tell (): Promise<string>
  readonly p50: number[]
  readonly p99: number[]
}

/** One tell after the other over one connection, against the same message on the pipes of the same program. */
export function createTell (cores: Cores, profile?: string): Measure {
  return {
    name: 'tell',
    what: 'One tell after the other to the agent `echo`, over one REST connection, each waited for. Against the same messages on the pipes of the same program: what is added is Iris.',
    async run ({ rounds: count, tells }) {
      const site = createSite(cores, profile)
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      let iris: Iris | undefined
      let pipe: Pipe | undefined
      try {
        iris = await site.start()
        pipe = await openPipe(cores, join(site.directory, 'pipe'))
        const { url, key } = iris
        const { tell } = pipe
        const ours: Side = { tell: () => tellIris(url, { key, agent }, { message: MESSAGE }), p50: [], p99: [] }
        const limit: Side = { tell: () => tell(MESSAGE), p50: [], p99: [] }
        // What has just started is slow, for thousands of tells.
        for (const side of [ours, limit]) await time(side, WARM_UP * tells)
        for (const side of rounds(count, [ours, limit])) {
          const took = await time(side, tells)
          side.p50.push(quantile(took, 0.5))
          side.p99.push(quantile(took, 0.99))
        }
        const against = 'the pipes of the same program'
        return [
          { measure: 'tell to echo, p50', unit: 'ms', ours: ours.p50, limit: limit.p50, against, goal: { of: 'added', atMost: 1 } },
          { measure: 'tell to echo, p99', unit: 'ms', ours: ours.p99, limit: limit.p99, against, goal: { of: 'added', atMost: 5 } }
        ]
      } finally {
        agent.destroy()
        await Promise.all([iris?.end(), pipe?.end()])
        site.remove()
      }
    }
  }
}

/** ms that each of so many tells took. */
async function time ({ tell }: Side, count: number): Promise<number[]> {
  const took: number[] = []
  for (let n = 0; n < count; n++) {
    const began = performance.now()
    const answer = await tell()
    took.push(performance.now() - began)
    if (answer !== `echo: ${MESSAGE}`) throw new Error(`The echo agent answered ${answer}`)
  }
  return took
}

/** Resolves to the answer. */
export async function tellIris (url: string, connection: { key: string, agent: Agent }, tell: { message: string, fromTeam?: string }): Promise<string> {
  const { status, text } = await ask(`${url}/api/teams/tell`, { ...connection, body: JSON.stringify({ toTeam: 'echo', timeout: 30_000, ...tell }) })
  if (status !== 200) throw new Error(`A tell was answered ${status} ${text}`)
  return (JSON.parse(text) as { response: string }).response
}
