import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Call } from '../src/tool.ts'
import { textOf } from '../src/utf8.ts'
import { Channel, type End, type Surroundings } from './mcp/channel.ts'
import type { Extras } from './mcp/context.ts'
import { createDispatch, type DispatchOptions } from './mcp/dispatch.ts'
import type { createLegacy } from './mcp/legacy.ts'
import { createModern, type ModernOptions } from './mcp/modern.ts'
import { REVISIONS } from './mcp/opening.ts'
import { carrierOf, type Peer } from './mcp/peer.ts'
import { createRevision, versionOf, type RevisionOptions } from './mcp/revision.ts'
import { failure, idOf, INVALID_REQUEST, isObject, PARSE_ERROR, RpcError } from './mcp/rpc.ts'
import { noStream, upgrade, type UpgradeOptions } from './mcp/upgrade.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** MCP for somebody of this process. `headers`: those that an upgrade would be read for. */
    openChannel (token: string | null, headers: Readonly<Record<string, string>>, end: End): Channel
  }
}

export interface McpOptions extends DispatchOptions, RevisionOptions {
  /** Makes the call that a request runs in; its `caller` is who the request comes from. */
  call (peer: Peer, extras: Extras): Call
  /** The sessions of the generation that has them: how many at most, and how long one may go unused, ms. */
  sessions?: { max?: number, idle?: number }
  /** Runs something once, after so many ms: for streams of theirs to say that they are alive. */
  after?: (ms: number, fn: () => void) => unknown
  /** Where it is given there are channels: for this process, and by WebSockets with messages of so many bytes at most. */
  channels?: { clock: Surroundings['clock'], bodyLimit: number }
}

const MALFORMED = Symbol('malformed')
/** Of the byte order, before a text. */
const MARK = '\ufeff'

/** A request of the generation without sessions says its version in its `_meta`; one that says nothing, and is no other, is taken for it. */
function isModern ({ headers, body }: FastifyRequest): boolean {
  if (versionOf(body) !== undefined) return true
  if (headers['mcp-session-id'] !== undefined || (isObject(body) && body.method === 'initialize')) return false
  return !REVISIONS.includes(String(headers['mcp-protocol-version']))
}

/** MCP over streamable HTTP at /mcp, and on channels, in both generations of the protocol. Who may call is settled by hooks before. */
async function mcp (app: FastifyInstance, { channels, ...options }: McpOptions): Promise<void> {
  const shared = { ...options, dispatch: createDispatch(options), revision: createRevision(options) }
  const around = channels && { ...shared, clock: channels.clock }
  const sockets = around && { ...channels, open: (peer: Peer, end: End) => new Channel(peer, end, around) }
  if (sockets !== undefined) {
    app.decorate('openChannel', (token: string | null, headers: Readonly<Record<string, string>>, end: End) =>
      sockets.open({ ...app.requestOf(null), ...app.visitor({ token, headers, url: '/mcp' }), fault: app.fault }, end))
  }
  await app.register(http, { ...shared, ...(sockets && { sockets }) })
}

export default fp(mcp, { name: 'iris-mcp' })

type HttpOptions = Omit<McpOptions, 'channels'> & Omit<ModernOptions, 'context'> & { sockets?: UpgradeOptions }

async function http (app: FastifyInstance, { call, sessions, sockets, after, ...options }: HttpOptions): Promise<void> {
  const silent = { get signal () { return new AbortController().signal }, emit () {} }
  const shared = {
    ...options,
    context: (request: FastifyRequest) => carrierOf(request, call)
  }
  const modern = createModern(shared)

  let loading: Promise<ReturnType<typeof createLegacy>> | undefined
  /** The SDK takes longer to load than the rest of the server to start: it is loaded when the first client wants it. */
  const legacy = () => loading ??= import('./mcp/legacy.ts').then(({ createLegacy }) => createLegacy({
    ...shared, ...sessions, ...(after !== undefined && { after }), owner: request => call(request, silent).caller.name
  }))

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    const text = textOf(body)
    const value = parsed(text.startsWith(MARK) ? text.slice(1) : text)
    done(null, value === undefined ? MALFORMED : value)
  })

  app.setErrorHandler((err, request, reply) => {
    if (!(err instanceof RpcError)) throw err
    if (err.status === 429) reply.header('retry-after', 5)
    return reply.code(err.status).send(failure(idOf(request.body), err))
  })

  // What hooks, or Fastify itself, have refused is said in their words, in the shape that MCP clients read.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (reply.statusCode < 400 || typeof payload !== 'string' || payload.startsWith('{"jsonrpc"')) return done(null, payload)
    reply.header('content-type', 'application/json; charset=utf-8')
    const data = parsed(payload) ?? { message: payload }
    const message = isObject(data) && typeof data.message === 'string' ? data.message : 'Refused'
    const code = reply.statusCode === 400 ? INVALID_REQUEST : reply.statusCode
    done(null, JSON.stringify(failure(idOf(request.body), { code, message, data })))
  })

  function handle (request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (request.body === MALFORMED) throw new RpcError(PARSE_ERROR, 'The body is not JSON', { status: 400 })
    if (request.method === 'POST' && isModern(request)) return modern.handle(request, reply)
    return legacy().then(({ handle }) => handle(request, reply))
  }
  const route = { config: { auth: true as const }, schema: { hide: true } }
  app.post('/mcp', route, handle)
  app.delete('/mcp', route, handle)
  // In a scope of its own: its hooks are not for the routes that take no upgrade.
  if (sockets !== undefined) await app.register(async scope => { await upgrade(scope, sockets) })
  else app.get('/mcp', route, noStream)

  app.addHook('preClose', async () => {
    modern.close()
    await loading?.then(({ close }) => { close() }, () => {})
  })
}

/** Undefined where it is no JSON. */
function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
