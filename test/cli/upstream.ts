import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import type { Test } from 'tap'
import type { Target } from '../../src/cli/client.ts'
import { bridge } from '../../src/cli/mcp-bridge.ts'
import { createHttpLink } from '../../src/cli/mcp-http.ts'
import type { Link, LinkEvents } from '../../src/cli/mcp-link.ts'
import type { Message } from '../../src/cli/mcp-message.ts'
import { createLines } from '../../src/agent/lines.ts'
import { standingClock } from './standing-clock.ts'

export interface Got { method: string, url: string, headers: IncomingMessage['headers'], message: Message, response: ServerResponse }

/** A scripted `/mcp`: hands each request to `handle`, and keeps what came. */
export async function scripted (t: Test, handle: (got: Got) => void, port = 0) {
  const got: Got[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      const body = Buffer.concat(parts).toString()
      const one = { method: request.method!, url: request.url!, headers: request.headers, message: (body === '' ? {} : JSON.parse(body)) as Message, response }
      got.push(one)
      handle(one)
    })
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise(resolve => { server.close(resolve) })
  }
  t.teardown(stop)
  return { got, http: server, stop, port: (server.address() as AddressInfo).port, target: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'k' } as Target }
}

export function json (response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

export const INITIALIZE = { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25' } }
export const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' }
export const request = (id: unknown, params: object = {}, method = 'tools/call') => ({ jsonrpc: '2.0', id, method, params })
export const result = (id: unknown, value: object = {}) => ({ jsonrpc: '2.0', id, result: value })

type Open = (asked: Parameters<typeof createHttpLink>[0], events: LinkEvents) => Promise<Link>

/** A bridge on streams of our own. `next` is the next line of its stdout. */
export function bridged (t: Test, connect: () => Promise<Target>, headers: Record<string, string> = {}, open: Open = async (...given) => createHttpLink(...given)) {
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  const end = new AbortController()
  const said: string[] = []
  const lines: Message[] = []
  const heard: ((message: Message) => void)[] = []
  const reader = createLines({
    line (text) {
      const message = JSON.parse(text) as Message
      const hear = heard.shift()
      if (hear === undefined) lines.push(message)
      else hear(message)
    },
    tooLong () { t.fail('a line without end') }
  })
  stdout.on('data', (part: Buffer) => { reader.push(part) })
  const time = standingClock()
  const say = (message: string) => { said.push(message) }
  const done = bridge({ stdin, stdout, clock: time.clock, connect: events => open({ clock: time.clock, connect, headers, say }, events), say, signal: end.signal })
  t.teardown(async () => {
    end.abort()
    await done
  })
  return {
    ...time,
    stdin,
    stdout,
    said,
    lines,
    done,
    end,
    send (...messages: unknown[]) { for (const one of messages) stdin.write((typeof one === 'string' ? one : JSON.stringify(one)) + '\n') },
    next: async () => lines.shift() ?? await new Promise<Message>(resolve => { heard.push(resolve) })
  }
}

/** How many messages a server has for a client that does not read, and what each is. */
export const MANY = 400
export const LARGE = { jsonrpc: '2.0', method: 'n', params: { x: 'x'.repeat(64 * 1024) } }

/** The server's messages wait until the client reads; `sent` is how many have left it. */
export async function heldBack (t: Test, { send, stdout, next }: ReturnType<typeof bridged>, sent: () => number): Promise<void> {
  stdout.pause()
  send(request(1))
  // As long as anything moves, wait; then nothing moves although most of it is not sent.
  for (let still = 0, last = -1; still < 200; still = sent() === last ? still + 1 : 0, last = sent()) await new Promise(setImmediate)
  t.ok(sent() > 0 && sent() < MANY, `${sent()} of ${MANY} were taken`)
  t.ok(stdout.readableLength + stdout.writableLength < 8 * LARGE.params.x.length, 'little is held')
  stdout.resume()
  let message = await next()
  while (message.method === 'n') message = await next()
  t.match(message, { id: 1 })
}
