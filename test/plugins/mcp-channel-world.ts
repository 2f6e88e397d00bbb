import { EventEmitter, once } from 'node:events'
import type { Test } from 'tap'
import { WebSocket, type ClientOptions } from 'ws'
import mcp, { type McpOptions } from '../../plugins/mcp.ts'
import type { Api } from '../../schemas/config.ts'
import { bearer, callFor, house, NOW } from './app.ts'
import { listen } from './ask.ts'
import { PREFIX, REVISION, toolsOf, type Loose, type Rpc } from './mcp-fixture.ts'
import { standingClock } from './socket.ts'

const META = { [`${PREFIX}protocolVersion`]: REVISION, [`${PREFIX}clientCapabilities`]: {} }

/** A request of revision 2026-07-28. */
export const modern = (id: unknown, method: string, params: Loose = {}, meta: Loose = {}) => ({ jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...META, ...meta } } })
export const say = (id: unknown, text: unknown = 'hello', name = 'echo_say', meta: Loose = {}) => modern(id, 'tools/call', { name, arguments: { text } }, meta)
/** One of the revisions before. */
export const older = (id: unknown, method: string, params?: Loose) => ({ jsonrpc: '2.0', id, method, params })
export const initialize = (protocolVersion = '2025-11-25', capabilities: Loose = {}) => older('init', 'initialize', { protocolVersion, capabilities, clientInfo: { name: 'test', version: '1' } })
export const cancelled = (requestId: unknown) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } })

/** One end of a WebSocket that speaks MCP. */
export class Line {
  readonly socket: WebSocket
  readonly messages: Rpc[] = []
  readonly closed: Promise<{ code: number, reason: string }>
  #news = () => {}

  constructor (socket: WebSocket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('message', data => {
      this.messages.push(JSON.parse(String(data)) as Rpc)
      this.#news()
    })
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }))
  }

  send (...messages: unknown[]): void {
    for (const one of messages) this.socket.send(typeof one === 'string' ? one : JSON.stringify(one))
  }

  async next (): Promise<Rpc> {
    while (this.messages.length === 0) await new Promise<void>(resolve => { this.#news = resolve })
    return this.messages.shift()!
  }

  async ask (message: unknown): Promise<Rpc> {
    this.send(message)
    return await this.next()
  }
}

/** A server whose `/mcp` takes WebSockets, with the hooks that the real one has before it. */
export async function channelWorld (t: Test, { api }: { api?: Api } = {}) {
  const made = await house(t, api === undefined ? {} : { api })
  const clock = standingClock()
  const heard = new EventEmitter().setMaxListeners(0)
  await made.app.register(mcp, {
    tools: toolsOf(heard),
    version: '1.2.3',
    instructions: 'Tell it.',
    now: () => NOW,
    call: callFor as McpOptions['call'],
    channels: { clock, bodyLimit: made.api.bodyLimit }
  })
  const port = await listen(made.app)
  const open = async (key = 'root', options: ClientOptions = {}) => {
    const line = new Line(new WebSocket(`ws://127.0.0.1:${port}/mcp`, 'mcp', { headers: bearer(key), ...options }))
    t.teardown(() => { line.socket.terminate() })
    await once(line.socket, 'open')
    return line
  }
  return { ...made, clock, heard, port, open }
}
