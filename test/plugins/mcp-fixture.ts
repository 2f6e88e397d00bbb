import { EventEmitter, once } from 'node:events'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import mcp, { type McpOptions } from '../../plugins/mcp.ts'
import type { Permission } from '../../schemas/key.ts'
import { IrisError, TellNotFoundError, toErrorBody, UnauthorizedError } from '../../src/errors.ts'
import { defineTool, type Call, type Caller, type Tool } from '../../src/tool.ts'

export const NOW = 1_700_000_000_000
export const ids = { tellId: '01890000-0000-7000-8000-000000000001', sessionId: '00000000-0000-4000-8000-000000000002', team: 'echo' }

/** A key is its name and what it may do. */
const keys: Record<string, Permission[]> = { alice: ['status', 'tell'], bob: ['status', 'tell'], guest: ['status'] }

export interface Fixture {
  app: FastifyInstance
  url: string
  /** `waiting`: a call of echo_wait has begun, with its signal. `go`: it may answer. `closing`: the server is about to stop. */
  heard: EventEmitter
  /** What was logged as a fault of ours. */
  faults: unknown[]
  /** The extras of the last call. */
  last: () => Call
}

const said = { input: Type.Object({ text: Type.String() }, { additionalProperties: false }), output: { text: Type.String() }, team: null }

/** The marks are for clients and proxies: the schema that judges the input knows no such keyword. */
function mirrored (tool: Tool): Tool {
  const input = structuredClone(tool.input)
  input.properties.place!['x-mcp-header'] = 'Place'
  input.properties.at!.properties.count['x-mcp-header'] = 'Count'
  return { ...tool, input }
}

export function toolsOf (heard: EventEmitter): Tool[] {
  const get = (path: string) => ({ method: 'GET' as const, url: path })
  const post = (path: string) => ({ method: 'POST' as const, url: path })
  return [
    defineTool({ ...said, name: 'echo_say', title: 'Say', description: 'Says it again', permission: 'status', http: get('/say'), handler: ({ text }) => ({ text }) }),
    defineTool({
      ...said,
      name: 'echo_tell',
      title: 'Tell',
      description: 'Tells it word by word',
      permission: 'tell',
      charge: 'tell',
      http: post('/tell'),
      handler ({ text }, { emit }) {
        emit({ event: 'tell:started', data: { ...ids, from: 'test', ahead: 0 } })
        let offset = 0
        for (const chunk of text.split(/(?<= )/)) {
          emit({ event: 'tell:chunk', data: { ...ids, offset, chunk } })
          offset += chunk.length
        }
        return { text }
      }
    }),
    defineTool({
      ...said,
      name: 'echo_wait',
      title: 'Wait',
      description: 'Answers when it may',
      permission: 'status',
      hints: { idempotent: true },
      http: post('/wait'),
      async handler ({ text }, { signal, emit }) {
        emit({ event: 'tell:started', data: { ...ids, from: 'test', ahead: 0 } })
        heard.emit('waiting', signal)
        await once(heard, 'go', { signal })
        return { text }
      }
    }),
    defineTool({
      ...said,
      name: 'echo_flood',
      title: 'Flood',
      description: 'Says more than anyone reads',
      permission: 'status',
      http: post('/flood'),
      handler ({ text }, { emit }) {
        for (let n = 0; n < 400; n++) emit({ event: 'tell:chunk', data: { ...ids, offset: 0, chunk: text } })
        return { text: 'flooded' }
      }
    }),
    defineTool({
      ...said,
      name: 'echo_lose',
      title: 'Lose',
      description: 'Does not find it',
      permission: 'status',
      http: get('/lose'),
      handler ({ text }) { throw new TellNotFoundError(text, { details: { looked: 'everywhere' } }) }
    }),
    defineTool({ ...said, name: 'echo_break', title: 'Break', description: 'Breaks', permission: 'status', http: get('/break'), handler () { throw new Error('the secret') } }),
    mirrored(defineTool({
      name: 'echo_drop',
      title: 'Drop',
      description: 'Carries its input in headers as well',
      permission: 'status',
      http: { method: 'DELETE', url: '/drop' },
      input: Type.Object({
        place: Type.Optional(Type.String()),
        at: Type.Optional(Type.Object({ count: Type.Optional(Type.Integer()) }, { additionalProperties: false }))
      }, { additionalProperties: false }),
      output: {},
      team: null,
      handler: () => ({})
    }))
  ]
}

/** The plugin behind hooks such as the server has: a key in a header, errors in the house's shape, a header on every reply. */
export async function createFixture (t: { teardown (fn: () => unknown): void }, options: Partial<McpOptions> = {}): Promise<Fixture> {
  const heard = new EventEmitter().setMaxListeners(0)
  const faults: unknown[] = []
  let last: Call
  const app = Fastify({ bodyLimit: 64 * 1024 })
  const callers = new WeakMap<object, Caller>()
  app.decorateRequest('fault', err => { faults.push(err) })
  app.decorateRequest('judgeAnew', () => null)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-hook', 'was here')
    const name = String(request.headers.authorization).replace('Bearer ', '')
    const permissions = keys[name]
    if (name === 'nobody-in-plain-text') return await reply.code(403).send('Go away')
    if (permissions === undefined) throw new UnauthorizedError('No such key')
    callers.set(request, { name, self: name, permissions: new Set(permissions), teams: null, as: null })
  })
  app.setErrorHandler((err: Error & { statusCode?: number }, _request, reply) => {
    const known = err instanceof IrisError ? err : new IrisError('ValidationError', err.statusCode ?? 500, err.message)
    if (known.statusCode === 401) reply.header('www-authenticate', 'Bearer')
    return reply.code(known.statusCode).send(toErrorBody(known, NOW))
  })
  const mcpOptions: McpOptions = {
    tools: toolsOf(heard),
    version: '1.2.3',
    now: () => NOW,
    call (request, own) {
      const { emit, patience } = own
      const caller = callers.get(request)
      last = { audit: { record () {} }, clock: { now: () => NOW }, caller, charge () {}, emit, patience, get signal () { return own.signal } } as unknown as Call
      return last
    },
    ...options
  }
  await app.register(mcp, mcpOptions)
  app.addHook('preClose', async () => { setImmediate(() => heard.emit('closing')) })
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/mcp`
  t.teardown(() => app.close())
  return { app, url, heard, faults, last: () => last }
}

export const PREFIX = 'io.modelcontextprotocol/'
export const REVISION = '2026-07-28'

export interface Asked { key?: string, headers?: Record<string, string>, meta?: Record<string, unknown>, signal?: AbortSignal }

/** One request as a client of revision 2026-07-28 sends it. A header set to '' is left out. */
export async function ask (url: string, method: string, params: Record<string, unknown> = {}, { key = 'alice', headers = {}, meta = {}, signal }: Asked = {}) {
  const _meta = { [`${PREFIX}protocolVersion`]: REVISION, [`${PREFIX}clientCapabilities`]: {}, ...meta }
  const sent = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': REVISION,
    'mcp-method': method,
    ...(typeof params.name === 'string' && { 'mcp-name': params.name }),
    ...headers
  }
  return await fetch(url, {
    method: 'POST',
    headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== '')),
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { ...params, _meta } }),
    ...(signal !== undefined && { signal })
  })
}

/** Sends any body as JSON, with a good key. */
export async function post (url: string, body: unknown, headers: Record<string, string> = {}) {
  return await fetch(url, {
    method: 'POST',
    headers: { authorization: 'Bearer alice', 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
}

/** What came over the wire, unchecked: the assertions are the check. */
export type Loose = Record<string, any> // eslint-disable-line @typescript-eslint/no-explicit-any

export interface Rpc {
  jsonrpc: string
  id?: unknown
  method?: string
  params?: Loose
  result?: Loose
  error?: { code: number, message: string, data?: Loose }
}

export const json = async (response: Response): Promise<Rpc> => await response.json() as Rpc

/** The messages of a stream, as they come. */
export async function * events (response: Response): AsyncGenerator<Rpc> {
  let text = ''
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part
    const whole = text.split('\n\n')
    text = whole.pop()!
    for (const event of whole) {
      const data = event.split('\n').find(line => line.startsWith('data: '))
      if (data !== undefined) yield JSON.parse(data.slice(6)) as Rpc
    }
  }
}

export const call = (name: string, text = 'hello') => ({ name, arguments: { text } })
