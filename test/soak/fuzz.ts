import { request as httpRequest, Agent } from 'node:http'
import WebSocket from 'ws'
import { tools } from '../../src/tools/index.ts'
import { broken, createRandom, nasty, type Random } from './random.ts'
import { startProcess, type ServerProcess } from '../fixtures/process.ts'

/** A note of what was wrong; none is a pass. */
export type Faults = string[]

const never5xx = (status: number, what: string, faults: Faults) => {
  if (status >= 500 && status !== 502 && status !== 503) faults.push(`${status} for ${what}`)
}

/** An input for a tool, spoiled: wrong values, missing and further fields. Tells are made not to run long. */
function spoiled (random: Random, tool: (typeof tools)[number]): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const name of Object.keys(tool.input.properties)) if (random.chance(0.8)) input[name] = random.chance(0.15) ? 'echo' : nasty(random)
  if (random.chance(0.3)) input[toText(nasty(random))] = nasty(random)
  if (tool.name === 'team_tell' && input.toTeam === 'echo') input.timeout = -1
  if (tool.name === 'tell_get') input.wait = 'x'
  return input
}

async function fuzzRest (server: ServerProcess, count: number, random: Random): Promise<Faults> {
  const faults: Faults = []
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const { port } = new URL(server.url)
  const one = () => new Promise<void>(resolve => {
    const tool = random.pick(tools)
    const input = spoiled(random, tool)
    const wild = random.chance(0.3)
    let path = `/api${tool.http.url.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(toText(input[name])))}`
    if (wild) path = `/${Array.from({ length: random.below(4) }, () => encodeURIComponent(toText(nasty(random)))).join('/')}`.slice(0, 4_000)
    if (random.chance(0.2)) path += `?${encodeURIComponent(toText(nasty(random)))}=${random.chance(0.3) ? '%' : encodeURIComponent(toText(nasty(random)))}`.slice(0, 4_000)
    const method = wild ? random.pick(['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD']) : tool.http.method
    const body = method === 'GET' ? null : random.chance(0.4) ? broken(random, JSON.stringify(input)) : Buffer.from(JSON.stringify(random.chance(0.3) ? nasty(random) : input))
    const request = httpRequest({
      agent,
      port,
      host: '127.0.0.1',
      method,
      path,
      headers: {
        authorization: random.chance(0.9) ? `Bearer ${server.key}` : `Bearer ${encodeURIComponent(toText(nasty(random))).slice(0, 500)}`,
        ...(body !== null && { 'content-type': random.pick(['application/json', 'application/json', 'text/plain', 'application/x-www-form-urlencoded', 'x']), 'content-length': body.length })
      }
    }, response => {
      never5xx(response.statusCode!, `${method} ${path.slice(0, 200)} ${body?.toString().slice(0, 200)}`, faults)
      response.resume().on('end', resolve).on('error', () => { resolve() })
    })
    request.on('error', () => { resolve() })
    request.end(body)
  })
  await inParallel(count, 16, one)
  agent.destroy()
  return faults
}

/** A lone surrogate has no URL form. */
const toText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value) ?? '').replaceAll(/[\uD800-\uDFFF]/g, '?')

async function fuzzMcp (server: ServerProcess, count: number, random: Random): Promise<Faults> {
  const faults: Faults = []
  const VERSION = 'io.modelcontextprotocol/protocolVersion'
  await inParallel(count, 16, async () => {
    const tool = random.pick(tools)
    const modern = random.chance(0.5)
    const params = { name: random.chance(0.8) ? tool.name : nasty(random), arguments: random.chance(0.7) ? spoiled(random, tool) : nasty(random), _meta: modern ? { [VERSION]: random.chance(0.9) ? '2026-07-28' : nasty(random), 'io.modelcontextprotocol/clientCapabilities': random.chance(0.9) ? {} : nasty(random) } : nasty(random) }
    const message = { jsonrpc: random.chance(0.9) ? '2.0' : nasty(random), id: random.chance(0.8) ? random.below(100) : nasty(random), method: random.chance(0.7) ? 'tools/call' : random.pick(['tools/list', 'initialize', 'ping', 'server/discover', 'notifications/cancelled', 'subscriptions/listen', 'x', '']), params: random.chance(0.9) ? params : nasty(random) }
    if (message.method === 'subscriptions/listen') message.method = 'resources/list' // it would stay open
    const text = JSON.stringify(random.chance(0.05) ? [message] : random.chance(0.05) ? nasty(random) : message)
    const response = await fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.key}`,
        'content-type': random.chance(0.95) ? 'application/json' : 'text/plain',
        accept: random.chance(0.95) ? 'application/json, text/event-stream' : '*/*',
        ...(modern && { 'mcp-protocol-version': random.chance(0.9) ? '2026-07-28' : 'x', 'mcp-method': random.chance(0.9) ? encodeURIComponent(toText(message.method)).slice(0, 200) : 'y', 'mcp-name': random.chance(0.9) ? encodeURIComponent(toText(params.name)).slice(0, 200) : 'z' }),
        ...(random.chance(0.1) && { 'mcp-session-id': 'no-such-session' })
      },
      body: random.chance(0.2) ? new Uint8Array(broken(random, text)) : text,
      signal: AbortSignal.timeout(20_000)
    }).catch((err: unknown) => { faults.push(`no answer to ${text.slice(0, 300)}: ${String(err)}`); return null })
    if (response === null) return
    never5xx(response.status, `MCP ${text.slice(0, 300)}`, faults)
    await response.arrayBuffer().catch(() => {})
  })
  return faults
}

async function fuzzSocket (server: ServerProcess, count: number, random: Random): Promise<Faults> {
  const faults: Faults = []
  const url = `${server.url.replace('http', 'ws')}/ws`
  const open = () => new Promise<WebSocket>((resolve, reject) => {
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${server.key}` } })
    socket.once('open', () => { resolve(socket) })
    socket.once('error', reject)
    socket.on('error', () => {})
    socket.on('message', (raw: Buffer) => {
      const { event, data } = JSON.parse(raw.toString()) as { event: string, data: { statusCode?: number } }
      if (event === 'error') never5xx(data.statusCode ?? 0, `a frame: ${raw.toString().slice(0, 200)}`, faults)
    })
  })
  // A witness hears nothing of what is done to the others.
  const witness = await open()
  let socket = await open()
  for (let n = 0; n < count; n++) {
    if (socket.readyState !== WebSocket.OPEN) socket = await open()
    const tool = random.pick(tools)
    const event = random.pick([tool.name, tool.name, 'tell:start', 'cache:subscribe', 'process:subscribe', 'health:subscribe', 'cache:unsubscribe', 'tell:cancel', 'auth', 'resume', nasty(random)])
    const data = random.chance(0.7) ? spoiled(random, tool) : nasty(random)
    const text = JSON.stringify(random.chance(0.9) ? { event, data, id: random.chance(0.7) ? String(n) : nasty(random) } : nasty(random))
    if (random.chance(0.2)) socket.send(broken(random, text).toString())
    else if (random.chance(0.02)) socket.send(broken(random, text), { binary: true })
    else socket.send(text)
    if (n % 64 === 63) await answered(socket)
  }
  await answered(socket)
  if (witness.readyState !== WebSocket.OPEN) faults.push('an innocent socket was closed')
  witness.terminate()
  socket.terminate()
  return faults
}

/** Resolves when all that was sent before is through, or the socket is closed. */
function answered (socket: WebSocket): Promise<void> {
  return new Promise(resolve => {
    if (socket.readyState !== WebSocket.OPEN) return resolve()
    socket.once('pong', () => { resolve() })
    socket.once('close', () => { resolve() })
    socket.ping()
  })
}

async function inParallel (count: number, width: number, one: () => Promise<void>): Promise<void> {
  let left = count
  await Promise.all(Array.from({ length: width }, async () => { while (left-- > 0) await one() }))
}

/** `count` malformed inputs on each way in: no 5xx, no exit, nothing unhandled. */
export async function fuzz (count: number, seed: number): Promise<Record<string, Faults>> {
  const server = await startProcess()
  const results: Record<string, Faults> = {}
  for (const [name, run] of Object.entries({ rest: fuzzRest, websocket: fuzzSocket, mcp: fuzzMcp })) {
    const faults = await run(server, count, createRandom(seed))
    if (server.child.exitCode !== null) faults.push(`the server ended: ${server.log().slice(-2_000)}`)
    else {
      const health = await fetch(`${server.url}/health/ready`)
      if (health.status !== 200) faults.push(`not ready afterwards: ${health.status}`)
    }
    results[`${name} survives ${count} malformed inputs`] = faults
  }
  const unhandled = server.log().split('\n').filter(line => /internal error|unhandled|"level":[56]0/i.test(line))
  results['the log holds no internal error'] = unhandled.slice(0, 5)
  const code = await server.stop()
  results['it ends with 0 afterwards'] = code === 0 ? [] : [`exit code ${String(code)}: ${server.log().slice(-1_000)}`]
  return results
}
