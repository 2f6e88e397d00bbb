import { isDeepStrictEqual } from 'node:util'
import type { Cores } from './cores.ts'
import { createSite, type Iris, type Site } from './iris.ts'
import { OPENED, OPENING, statusCall, tellCall, type Generation } from './mcp-message.ts'
import { rounds, type Measure, type Row } from './measure.ts'
import { peerWords } from './peer.ts'
import { statusOfAwake } from './status.ts'
import { openStdio, type StdioClient } from './stdio-client.ts'

/** Calls that wait for their answers at once. */
const IN_FLIGHT = [1, 16]
/** Calls for each tell of the other measures: they are quicker. */
const CALLS = 5
/** Rounds that go before the first. */
const WARM_UP = 4

interface Side { readonly client: StdioClient, readonly generation: Generation, /** What it is to answer. */ readonly body: Record<string, unknown>, readonly rates: number[][] }

/** `team_status` over the stdio of `iris mcp`, against the SDK's server with nothing to do: as a bridge to a server that runs, and as the whole server. */
export function createStdio (cores: Cores, profile?: string): Measure {
  return {
    name: 'stdio',
    what: '`tools/call` through `iris mcp`, as a bridge to a server that runs and as the whole server, beside a server of the SDK that does nothing but answer',
    async run ({ rounds: count, tells }) {
      const sites: Site[] = []
      const createSiteHere = () => {
        const site = createSite(cores, profile)
        sites.push(site)
        return site
      }
      const site = createSiteHere()
      const clients: StdioClient[] = []
      let iris: Iris | undefined
      try {
        iris = await site.start()
        const { body } = await statusOfAwake(iris)
        const node = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]
        const start = async (words: readonly string[], generation: Generation, { directory }: Site = site): Promise<Side> => {
          const client = openStdio(cores, words, directory)
          clients.push(client)
          if (generation === '2025') await begin(client)
          return { client, generation, body, rates: IN_FLIGHT.map(() => []) }
        }
        /** One that serves its data directory itself, with a team that is awake. */
        const startWhole = async (generation: Generation): Promise<Side> => {
          const own = createSiteHere()
          const side = await start([...node, ...own.words('mcp')], generation, own)
          const told = await side.client.request(tellCall(++last, generation))
          const status = await side.client.request(statusCall(++last, generation))
          if (told.result?.isError !== undefined || status.result?.structuredContent === undefined) throw new Error(`The whole server answered ${JSON.stringify([told, status])}`)
          return { ...side, body: status.result.structuredContent as Record<string, unknown> }
        }
        const limit = await start(peerWords('sdk-stdio', site.directory, { path: '', body, key: '' }), '2025')
        const older = await start([...node, ...site.words('mcp')], '2025')
        const newer = await start([...node, ...site.words('mcp')], '2026')
        const [newerWhole, olderWhole] = [await startWhole('2026'), await startWhole('2025')]
        const sides = [newer, older, limit, newerWhole, olderWhole]
        const measure = async ({ client, generation, body, rates }: Side, calls: number) => {
          for (const [n, inFlight] of IN_FLIGHT.entries()) rates[n]!.push(await rate(client, { generation, inFlight, calls, body }))
        }
        // What has just started is slow, for thousands of calls.
        if (count > 1) for (const side of sides) await measure(side, WARM_UP * tells * CALLS)
        for (const { rates } of sides) for (const list of rates) list.length = 0
        for (const side of rounds(count, sides)) await measure(side, tells * CALLS)
        const ways = [[newer, ''], [older, ''], [newerWhole, ', whole in one process'], [olderWhole, ', whole in one process']] as const
        return ways.flatMap(([{ generation, rates }, way]) => IN_FLIGHT.map((inFlight, n): Row => ({
          measure: `MCP ${generation} team_status over stdio${way}, ${inFlight} at once`,
          unit: 'calls/s',
          ours: rates[n]!,
          limit: limit.rates[n]!,
          against: "the SDK's server",
          goal: { of: 'ratio', atLeast: 0.9 }
        })))
      } finally {
        await Promise.all(clients.map(client => client.end()))
        await iris?.end()
        for (const one of sites) one.remove()
      }
    }
  }
}

async function begin (client: StdioClient): Promise<void> {
  const { result } = await client.request(OPENING)
  if (result === undefined) throw new Error('initialize was refused')
  client.notify(OPENED)
}

let last = 0

/** Calls answered per s. */
async function rate (client: StdioClient, { generation, inFlight, calls, body }: { generation: Generation, inFlight: number, calls: number, body: Record<string, unknown> }): Promise<number> {
  let left = calls
  const answers: unknown[] = []
  const began = performance.now()
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (left-- > 0) answers.push((await client.request(statusCall(++last, generation))).result?.structuredContent)
  }))
  const took = performance.now() - began
  for (const answer of answers) {
    if (!isDeepStrictEqual({ ...answer as object, timestamp: 0 }, { ...body, timestamp: 0 })) throw new Error(`A call was answered ${JSON.stringify(answer)}`)
  }
  return calls / took * 1_000
}
