import { ask } from './ask.ts'
import { loadCalls, type Calls } from './calls.ts'
import type { Cores } from './cores.ts'
import { createSite, type Iris } from './iris.ts'
import type { Load } from './load.ts'
import { callHeaders, OPENED, OPENING, statusCall, type Generation } from './mcp-message.ts'
import { rounds, type Measure } from './measure.ts'
import { startPeer } from './peer.ts'
import type { Program } from './program.ts'
import { rates } from './rates.ts'
import { statusOfAwake } from './status.ts'
import { teamStatus } from '../../src/tools/team-status.ts'

const PATH = '/mcp'
const CONNECTIONS = 50

interface Side { readonly name: string, readonly program: Program, readonly calls: Calls, readonly loads: Load[] }

/** `team_status` over MCP in both generations of the protocol, against REST in the same server, and against the SDK's stateless pattern. */
export function createMcp (cores: Cores, profile?: string): Measure {
  return {
    name: 'mcp',
    what: '`tools/call` of `team_status` over HTTP: the 2026 generation beside the same by REST, and beside a bare Fastify route that gives this answer to this message, which is itself shown beside our REST; the 2025 generation beside the pattern that the SDK documents for stateless servers',
    async run ({ rounds: count, seconds }) {
      const site = createSite(cores, profile)
      const programs: Program[] = []
      try {
        const iris = await site.start()
        programs.push(iris)
        const { path, headers, body } = await statusOfAwake(iris)
        const sdk = await startPeer(cores, 'sdk-stateless', site.directory, { path: PATH, body, key: '' })
        programs.push(sdk)
        const expect = structured(body)
        const bare = await startPeer(cores, 'bare-fastify', site.directory, { path: PATH, body, schema: teamStatus.output, key: '' })
        programs.push(bare)
        const side = (name: string, program: Program, requests: Calls['requests'], said = expect): Side => ({ name, program, calls: { requests, expect: said }, loads: [] })
        const clients = [...Array(CONNECTIONS).keys()]
        const rest = side('our REST', iris, clients.map(() => ({ method: 'GET', path, headers })), '"team":"echo","awake":true')
        const modern = side('MCP 2026', iris, clients.map(id => post(id, '2026', headers)))
        const legacy = side('MCP 2025', iris, await Promise.all(clients.map(async id => post(id, '2025', { ...headers, 'mcp-session-id': await open(iris, headers) }))))
        const stateless = side("the SDK's stateless pattern", sdk, clients.map(id => post(id, '2025', {})))
        const message = side('a bare Fastify route', bare, clients.map(id => post(id, '2026', headers)))
        const sides = [rest, modern, legacy, stateless, message]
        // What has just started is slow; the figures begin after it.
        if (count > 1) for (const { program, calls } of sides) await loadCalls(program, calls, seconds)
        for (const { program, calls, loads } of rounds(count, sides)) loads.push(await loadCalls(program, calls, seconds))
        return [
          ...rates('MCP 2026 team_status', modern, rest, 0.8),
          ...rates('MCP 2026 team_status', modern, message),
          ...rates('a bare Fastify route, for the message of MCP 2026', message, rest),
          ...rates('MCP 2025 team_status', legacy, stateless, 2)
        ]
      } finally {
        await Promise.all(programs.map(program => program.end()))
        site.remove()
      }
    }
  }
}

/** What stands in a good answer: all of the body but its time. */
function structured ({ timestamp: _, ...body }: Record<string, unknown>): string {
  return `"structuredContent":${JSON.stringify(body).slice(0, -1)}`
}

/** Each connection is a client with an id of its own: in one session no two requests on their way have the same. */
const post = (id: number, generation: Generation, headers: Record<string, string>): Calls['requests'][number] => ({
  method: 'POST', path: PATH, headers: { ...headers, ...callHeaders(generation) }, body: JSON.stringify(statusCall(id, generation))
})

/** Resolves to the id of a session. */
async function open ({ url }: Iris, headers: Record<string, string>): Promise<string> {
  const own = { ...headers, ...callHeaders('2025') }
  const { status, text, headers: { 'mcp-session-id': id } } = await ask(url + PATH, { headers: own, body: JSON.stringify(OPENING) })
  if (status !== 200 || typeof id !== 'string') throw new Error(`initialize was answered ${status} ${text}`)
  const opened = await ask(url + PATH, { headers: { ...own, 'mcp-session-id': id }, body: JSON.stringify(OPENED) })
  if (opened.status !== 202) throw new Error(`The end of the handshake was answered ${opened.status} ${opened.text}`)
  return id
}
