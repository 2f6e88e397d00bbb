import { randomUUID } from 'node:crypto'
import { InitializeRequestSchema, JSONRPCMessageSchema, SUPPORTED_PROTOCOL_VERSIONS, type JSONRPCMessage, type MessageExtraInfo } from '@modelcontextprotocol/sdk/types.js'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HangUp } from '../../src/hang-up.ts'
import type { Carrier } from './context.ts'
import { MAX_BATCH, UNBATCHED } from './opening.ts'
import { failure, idOf, INVALID_REQUEST, isObject, PARSE_ERROR, RpcError } from './rpc.ts'
import { createServers, type Extra, type ServerOptions } from './server.ts'
import { SessionTransport } from './session-transport.ts'
import { createSessions, type SessionsOptions } from './sessions.ts'
import { EventStream } from './stream.ts'

export interface LegacyOptions extends Omit<ServerOptions, 'context'>, Pick<SessionsOptions<never>, 'now' | 'max' | 'idle'> {
  context (request: FastifyRequest): Carrier
  /** The name of the key that a request comes with. */
  owner (request: FastifyRequest): string
  /** Runs something once, after so many ms. */
  after?: (ms: number, fn: () => void) => unknown
}

/** How the SDK answers these two, which its clients look for. */
const NO_SESSION = -32000
const UNKNOWN_SESSION = -32001
/** How it answers a request whose headers are not as they should be, or that comes too early. */
const REFUSED = -32000

/**
 * The revisions 2024-11-05 to 2025-11-25: `initialize` opens a session, and what belongs to one request is streamed in its
 * reply. Nothing is ever sent outside of a request, so there is no GET stream, and a session holds no connection.
 */
export function createLegacy ({ context, owner, now, max, idle, after, ...options }: LegacyOptions) {
  const sessions = createSessions<SessionTransport>({
    now,
    ...(max !== undefined && { max }),
    ...(idle !== undefined && { idle }),
    end (transport) { transport.close().catch(() => {}) }
  })

  const createServer = createServers({
    ...options,
    context (extra) {
      const { request, stream, gone } = carriedBy(extra)
      return { ...context(request), gone, progress: message => { stream.offer(message) } }
    }
  })

  async function open (request: FastifyRequest): Promise<SessionTransport> {
    const name = owner(request)
    if (!sessions.makeRoom(name)) {
      throw new RpcError(INVALID_REQUEST, 'All MCP sessions are in use. Try again later', { status: 429 })
    }
    const id = randomUUID()
    const transport = new SessionTransport(after)
    transport.onclose = () => { sessions.remove(id) }
    const server = createServer()
    // The transport's optional handlers are typed for projects without exactOptionalPropertyTypes.
    await server.connect(transport as Parameters<typeof server.connect>[0])
    transport.sessionId = id
    sessions.add(id, name, transport)
    return transport
  }

  function take (request: FastifyRequest, reply: FastifyReply): SessionTransport {
    const session = sessions.take(String(request.headers['mcp-session-id']), owner(request))
    if (session === undefined) throw new RpcError(UNKNOWN_SESSION, 'Session not found', { status: 404 })
    reply.raw.once('close', session.release)
    return session.value
  }

  return {
    /** What to send, unless it is sent, or will be, by other means. */
    async handle (request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
      const { body, headers } = request
      const most = UNBATCHED.has(String(headers['mcp-protocol-version'])) ? 0 : MAX_BATCH
      if (Array.isArray(body) && body.length > most) {
        throw new RpcError(INVALID_REQUEST, most === 0 ? 'This revision knows no batches' : `A batch holds at most ${most} messages`, { status: 400 })
      }
      const id = headers['mcp-session-id']
      const begins = id === undefined && isObject(body) && body.method === 'initialize' && idOf(body) !== undefined
      if (id === undefined && !begins) throw new RpcError(NO_SESSION, 'Mcp-Session-Id is missing: begin with initialize', { status: 400 })
      const session = begins ? undefined : take(request, reply)
      const messages = messagesOf(request, begins)
      if ('refused' in messages) {
        reply.code(messages.status)
        return { ...failure(undefined, messages.refused), id: null }
      }
      if (request.method === 'DELETE') {
        await session!.close()
        return await reply.send()
      }
      const transport = session ?? await open(request)
      if (!messages.some(message => 'method' in message && 'id' in message)) {
        for (const message of messages) transport.hear(message)
        return await reply.code(202).send()
      }
      if (transport.confuses(messages)) throw new RpcError(INVALID_REQUEST, 'A request with this id is not answered yet', { status: 400 })
      // Without a hint how long the connection is kept: a client that goes by it would keep it while the server stops.
      const stream = new EventStream(reply, { 'mcp-session-id': transport.sessionId!, connection: 'keep-alive' })
      reply.hijack()
      reply.raw.once('close', transport.receive(messages, carry({ request, stream, reply }), stream))
    },
    close: sessions.close
  }
}

interface Refusal { readonly status: number, readonly refused: { code: number, message: string } }

const refuse = (status: number, code: number, message: string): Refusal => ({ status, refused: { code, message } })

/** What a request of a session says, or why it is refused: in the words of the SDK's own transport. */
function messagesOf ({ method, headers, body }: FastifyRequest, begins: boolean): JSONRPCMessage[] | Refusal {
  const { accept, 'mcp-protocol-version': version } = headers
  const unknown = () => begins || version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(String(version))
    ? undefined
    : refuse(400, REFUSED, `Bad Request: Unsupported protocol version: ${String(version)} (supported versions: ${SUPPORTED_PROTOCOL_VERSIONS.join(', ')})`)
  if (method === 'DELETE') return unknown() ?? []
  if (accept?.includes('application/json') !== true || !accept.includes('text/event-stream')) {
    return refuse(406, REFUSED, 'Not Acceptable: Client must accept both application/json and text/event-stream')
  }
  if (headers['content-type'] === undefined) return refuse(415, REFUSED, 'Unsupported Media Type: Content-Type must be application/json')
  const messages: JSONRPCMessage[] = []
  for (const one of [body].flat()) {
    const { success, data } = JSONRPCMessageSchema.safeParse(one)
    if (!success) return refuse(400, PARSE_ERROR, 'Parse error: Invalid JSON-RPC message')
    messages.push(data)
  }
  const begun = messages.filter(message => 'method' in message && message.method === 'initialize' && InitializeRequestSchema.safeParse(message).success)
  if (begins && begun.length === 0) return refuse(400, REFUSED, 'Bad Request: Server not initialized')
  if (!begins && begun.length > 0) return refuse(400, INVALID_REQUEST, 'Invalid Request: Server already initialized')
  return unknown() ?? messages
}

interface Carried { readonly request: FastifyRequest, readonly stream: EventStream, gone (): AbortSignal }

/** The SDK hands `authInfo` on to the handler as it is: the one way from an HTTP request to the calls it makes. */
function carry ({ request, stream, reply }: { request: FastifyRequest, stream: EventStream, reply: FastifyReply }): MessageExtraInfo {
  const hangUp = new HangUp(reply.raw)
  const carried: Carried = { request, stream, gone: () => hangUp.signal }
  return { authInfo: { token: '', clientId: '', scopes: [], extra: { carried } } }
}

const carriedBy = (extra: Extra): Carried => extra.authInfo!.extra!.carried as Carried
