import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HangUp } from '../../src/hang-up.ts'
import type { Context } from './context.ts'
import { idOf, INVALID_REQUEST, isObject, RpcError } from './rpc.ts'
import { createServers, type Extra, type ServerOptions } from './server.ts'
import { createSessions, type SessionsOptions } from './sessions.ts'
import { BACKLOG, takeOver } from './stream.ts'

export interface LegacyOptions extends Omit<ServerOptions, 'context'>, Pick<SessionsOptions<never>, 'now' | 'max' | 'idle'> {
  context (request: FastifyRequest): Pick<Context, 'call' | 'failed'>
  /** The name of the key that a request comes with. */
  owner (request: FastifyRequest): string
}

/** Revisions that know no batches; those before must take them. */
const UNBATCHED = new Set(['2025-06-18', '2025-11-25'])
/** Requests are limited by the HTTP request, so a batch must not be worth many. */
const MAX_BATCH = 20

/** How the SDK answers these two, which its clients look for. */
const NO_SESSION = -32000
const UNKNOWN_SESSION = -32001

/**
 * The revisions 2024-11-05 to 2025-11-25: `initialize` opens a session, and what belongs to one request is streamed in its
 * reply. Nothing is ever sent outside of a request, so there is no GET stream, and a session holds no connection.
 */
export function createLegacy ({ context, owner, now, max, idle, ...options }: LegacyOptions) {
  const sessions = createSessions<StreamableHTTPServerTransport>({
    now,
    ...(max !== undefined && { max }),
    ...(idle !== undefined && { idle }),
    end (transport) { transport.close().catch(() => {}) }
  })

  const createServer = createServers({
    ...options,
    context (extra) {
      const { request, congested, gone } = carriedBy(extra)
      return { ...context(request), congested, gone }
    }
  })

  async function open (request: FastifyRequest): Promise<StreamableHTTPServerTransport> {
    const name = owner(request)
    if (!sessions.makeRoom(name)) {
      throw new RpcError(INVALID_REQUEST, 'All MCP sessions are in use. Try again later', { status: 429 })
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: id => { sessions.add(id, name, transport) }
    })
    transport.onclose = () => { if (transport.sessionId !== undefined) sessions.remove(transport.sessionId) }
    const server = createServer()
    // The transport's optional handlers are typed for projects without exactOptionalPropertyTypes.
    await server.connect(transport as Parameters<typeof server.connect>[0])
    return transport
  }

  return {
    async handle (request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const { body, headers } = request
      const most = UNBATCHED.has(String(headers['mcp-protocol-version'])) ? 0 : MAX_BATCH
      if (Array.isArray(body) && body.length > most) {
        throw new RpcError(INVALID_REQUEST, most === 0 ? 'This revision knows no batches' : `A batch holds at most ${most} messages`, { status: 400 })
      }
      const id = headers['mcp-session-id']
      const begins = id === undefined && isObject(body) && body.method === 'initialize' && idOf(body) !== undefined
      if (id === undefined && !begins) throw new RpcError(NO_SESSION, 'Mcp-Session-Id is missing: begin with initialize', { status: 400 })
      const session = begins ? { value: await open(request), release () {} } : sessions.take(String(id), owner(request))
      if (session === undefined) throw new RpcError(UNKNOWN_SESSION, 'Session not found', { status: 404 })

      const raw = takeOver(reply)
      raw.once('close', session.release)
      await session.value.handleRequest(carry(request, raw), raw, body)
      // Refused before it began: nothing will ever come for it.
      if (begins && session.value.sessionId === undefined) await session.value.close()
    },
    close: sessions.close
  }
}

interface Carried { request: FastifyRequest, congested (message: string): boolean, gone (): AbortSignal }

/** The SDK hands `auth` on to the handler as it is: the one way from an HTTP request to the calls it makes. */
function carry (request: FastifyRequest, raw: FastifyReply['raw']): IncomingMessage {
  let queued = 0
  let before = 0
  const hangUp = new HangUp(raw)
  const carried: Carried = {
    request,
    gone: () => hangUp.signal,
    /** The SDK queues without a bound what the socket does not take: count what goes in, and what has left the socket since. */
    congested (message) {
      const { socket } = raw
      if (socket === null) return true
      const gone = socket.bytesWritten - socket.writableLength
      queued = Math.max(0, queued - (gone - before))
      before = gone
      if (queued > BACKLOG) return true
      queued += Buffer.byteLength(message)
      return false
    }
  }
  return Object.assign(request.raw, { auth: { token: '', clientId: '', scopes: [], extra: { carried } } })
}

const carriedBy = (extra: Extra): Carried => extra.authInfo!.extra!.carried as Carried
