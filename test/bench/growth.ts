import { Agent } from 'node:http'
import { ask } from './ask.ts'
import { loadCalls, type Calls } from './calls.ts'
import type { Cores } from './cores.ts'
import { fill, sessionId, type Past } from './long-past.ts'
import { createSite, type Iris, type Site } from './iris.ts'
import { rounds, type Measure, type Row } from './measure.ts'
import { resume } from './resume-client.ts'
import { median } from './statistics.ts'
import { statusOfAwake } from './status.ts'
import { tellIris } from './tell.ts'

const FEW: Past = { events: 10_000, sessions: 10 }
const LAST = 100
/** Of the session that is told something. */
const ROOM = `session:${sessionId(0)}`
const CONNECTIONS = 20
/** Times as many rounds as elsewhere: a machine's ups and downs are larger than what is looked for. */
const MORE = 2
/** What the log drops by itself is not what is measured. */
const KEEP = { keepEvents: 0, maxEvents: 0, maxLogSize: 0, maxSessionEvents: 0, maxSessionSize: 0 }

interface Side { readonly past: Past, readonly iris: Iris, readonly agent: Agent, readonly status: Calls, readonly took: Record<What, number[]> }

/** What is done, and what its figures are. */
const WORK = {
  status: ['team_status', 'CPU µs'],
  list: [`event_list of the last ${LAST}`, 'CPU µs'],
  tell: ['tell to echo, p50', 'ms'],
  resume: [`resume of the last ${LAST}, p50`, 'ms']
} as const
type What = keyof typeof WORK

/** The same work of a server with a long past, against one with a short one. */
export function createGrowth (cores: Cores, profile?: string): Measure {
  return {
    name: 'growth',
    what: 'the same calls on a server with a long past, beside one with a short one',
    async run ({ rounds: count, seconds, tells, grown }) {
      const sites: Site[] = []
      const sides: Side[] = []
      try {
        for (const past of [FEW, ...grown]) {
          const site = createSite(cores, profile, { settings: KEEP })
          sites.push(site)
          fill(site.home, past)
        }
        for (const [n, past] of [FEW, ...grown].entries()) sides.push(await begin(sites[n]!, past))
        // What has just started is slow; the figures begin after it.
        if (count > 1) for (const side of sides) await measure(side, seconds / 2, tells)
        for (const { took } of sides) for (const list of Object.values(took)) list.length = 0
        for (const side of rounds(MORE * count, sides)) await measure(side, Math.max(1, seconds / 2), tells)
      } finally {
        await Promise.all(sides.map(({ iris, agent }) => { agent.destroy(); return iris.end() }))
        for (const site of sites) site.remove()
      }
      const [few, ...many] = sides as [Side, ...Side[]]
      return many.flatMap(({ past, took }) => (Object.keys(WORK) as What[]).map((what): Row => ({
        measure: `${WORK[what][0]}, with ${words(past)}`,
        unit: WORK[what][1],
        ours: took[what],
        limit: few.took[what],
        against: `itself with ${words(FEW)}`,
        goal: { of: 'ratio', atMost: 1.3 }
      })))
    }
  }
}

const words = ({ events, sessions }: Past) => `${events.toLocaleString('en')} events and ${sessions.toLocaleString('en')} sessions`

async function begin (site: Site, past: Past): Promise<Side> {
  const iris = await site.start()
  try {
    const { path } = await statusOfAwake(iris)
    const { head } = await list(iris, 0)
    if (head < past.events) throw new Error(`Of ${past.events} events ${head} are there`)
    return { past, iris, agent: new Agent({ keepAlive: true, maxSockets: 1 }), status: gets(iris, path, '"team":"echo","awake":true'), took: { status: [], list: [], tell: [], resume: [] } }
  } catch (err) {
    await iris.end()
    throw err
  }
}

const gets = ({ key }: Iris, path: string, expect: string): Calls =>
  ({ requests: Array.from({ length: CONNECTIONS }, () => ({ method: 'GET', path, headers: { authorization: `Bearer ${key}` } })), expect })

const listPath = (after: number, limit: number) => `/api/events?after=${after}&limit=${limit}&rooms=${ROOM}`

async function list ({ url, key }: Iris, after: number): Promise<{ head: number, events: Array<{ seq: number }> }> {
  const { status, text } = await ask(url + listPath(after, 1_000), { key })
  if (status !== 200) throw new Error(`event_list was answered ${status} ${text}`)
  return JSON.parse(text) as { head: number, events: Array<{ seq: number }> }
}

async function measure ({ iris, agent, status, took }: Side, seconds: number, tells: number): Promise<void> {
  const { url, key } = iris
  /** The cursor with so many events after it, and the last of those. Numbers are skipped where chunks were. */
  const { head } = await list(iris, 0)
  const { events } = await list(iris, head - 5 * LAST)
  const [after, last] = [events.at(-1 - LAST)!.seq, events.at(-1)!.seq]
  for (const [what, calls] of [['status', status], ['list', gets(iris, listPath(after, LAST), `"seq":${last},`)]] as const) {
    const { rate, capacity } = await loadCalls(iris, calls, seconds)
    took[what].push(1e6 / (Number.isNaN(capacity) ? rate : capacity))
  }
  took.resume.push(await middle(tells, () => resume(url, key, { after, room: ROOM, count: LAST })))
  took.tell.push(await middle(tells, async () => {
    const began = performance.now()
    await tellIris(url, { key, agent }, { message: 'hello', fromTeam: 'speaker-1' })
    return performance.now() - began
  }))
}

/** The median of what so many came to, one after the other. */
async function middle (count: number, work: () => Promise<number>): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < count; n++) times.push(await work())
  return median(times)
}
