import type { FastifyReply, FastifyRequest } from 'fastify'
import { HangUp } from '../../src/hang-up.ts'
import type { Carrier, Context, Result } from './context.ts'
import type { Dispatch, DispatchOptions } from './dispatch.ts'
import { checkFields, checkMethod, mirroredFields } from './mirror.ts'
import { CAPABILITIES, checkVersion, metaOf, namedVersion, progressTokenOf, type Revision } from './revision.ts'
import { failure, HEADER_MISMATCH, idOf, INVALID_REQUEST, isObject, RpcError, type Id, type Message } from './rpc.ts'
import { EventStream } from './stream.ts'

/** How many listening streams are open at most; one more ends the oldest. */
const MAX_LISTENERS = 256

export interface ModernOptions extends Pick<DispatchOptions, 'tools'> {
  dispatch: Dispatch
  revision: Revision
  context (request: FastifyRequest): Carrier
}

/** Throws RpcError where a request is not one of this revision. The order says which fault a client hears of first. */
function check ({ headers }: FastifyRequest, message: Message, meta: Message): void {
  const header = headers['mcp-protocol-version']
  if (header === undefined) throw new RpcError(HEADER_MISMATCH, 'MCP-Protocol-Version is missing', { status: 400 })
  const version = namedVersion(meta)
  if (header !== version) throw new RpcError(HEADER_MISMATCH, 'MCP-Protocol-Version does not match the body', { status: 400 })
  checkVersion(version)
  checkMethod(headers, message)
}

/** A client that closes the reply has cancelled its request. */
class Asked extends HangUp implements Context {
  readonly capabilities: Message
  readonly call: Context['call']
  readonly failed: Context['failed']
  notify: NonNullable<Context['notify']> | undefined

  constructor ({ raw }: FastifyReply, capabilities: Message, { call, failed }: Carrier) {
    super(raw)
    this.capabilities = capabilities
    this.call = call
    this.failed = failed
  }
}

/** Revision 2026-07-28: no sessions; one POST, one JSON, or a stream where something is said before the result. */
export function createModern ({ tools, dispatch, revision, context }: ModernOptions) {
  const mirrored = new Map(tools.map(tool => [tool.name, mirroredFields(tool.input)]))
  const { discovery, result, fresh, acknowledged, unsubscribed } = revision
  const listeners = new Map<EventStream, Id>()

  function answer (request: FastifyRequest, message: Message, meta: Message, stream: EventStream, reply: FastifyReply): Promise<Result> | Result {
    const method = message.method as string
    if (method === 'server/discover') return discovery
    const params = message.params as Message
    if (method === 'tools/call') checkFields(request.headers, mirrored.get(String(params.name)) ?? [], params.arguments)
    const progressToken = progressTokenOf(meta)
    const asked = new Asked(reply, meta[CAPABILITIES] as Message, context(request))
    if (progressToken !== undefined) {
      asked.notify = note => { stream.offer({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, ...note } }) }
    }
    const value = dispatch(method, params, asked)
    return method === 'tools/list' ? value.then(fresh) : value
  }

  /** No list here changes and there are no resources: nothing of what was asked for is promised, and the stream stays open. */
  function listen (id: Id, reply: FastifyReply, stream: EventStream): void {
    const [oldest] = listeners.keys()
    if (listeners.size >= MAX_LISTENERS) unlisten(oldest!)
    listeners.set(stream, id)
    reply.raw.once('close', () => listeners.delete(stream))
    stream.send(acknowledged(id))
  }

  function unlisten (stream: EventStream): void {
    const id = listeners.get(stream)!
    listeners.delete(stream)
    stream.end(unsubscribed(id))
  }

  return {
    /** What to send, unless it is sent already. (To await the reply itself would be to wait until it is on the wire.) */
    async handle (request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
      const message = request.body
      const id = idOf(message)
      const stream = new EventStream(reply)
      try {
        if (!isObject(message) || message.jsonrpc !== '2.0' || typeof message.method !== 'string') {
          throw new RpcError(INVALID_REQUEST, 'The body must be one JSON-RPC 2.0 request', { status: 400 })
        }
        if (!('id' in message)) return reply.code(202).send()
        if (id === undefined) throw new RpcError(INVALID_REQUEST, 'The id must be a string or an integer', { status: 400 })
        const meta = metaOf(message)
        check(request, message, meta)
        if (message.method === 'subscriptions/listen') return listen(id, reply, stream)
        const done = result(id, await answer(request, message, meta, stream, reply))
        if (stream.opened) return stream.end(done)
        reply.header('content-type', 'application/json; charset=utf-8')
        return done
      } catch (err) {
        if (!(err instanceof RpcError)) throw err
        const failed = failure(id, err)
        if (stream.opened) return stream.end(JSON.stringify(failed))
        reply.code(err.status)
        return failed
      }
    },
    /** Ends the streams that would stay open, each with its result. */
    close (): void {
      for (const stream of [...listeners.keys()]) unlisten(stream)
    }
  }
}
