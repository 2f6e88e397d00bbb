import type { FastifyReply, FastifyRequest } from 'fastify'
import { HangUp } from '../../src/hang-up.ts'
import type { Context, Result } from './context.ts'
import type { Dispatch, DispatchOptions } from './dispatch.ts'
import { checkFields, checkMethod, mirroredFields } from './mirror.ts'
import {
  failure, HEADER_MISMATCH, idOf, INVALID_PARAMS, INVALID_REQUEST, isObject, RpcError, UNSUPPORTED_VERSION, type Id, type Message
} from './rpc.ts'
import { ToolResult } from './result.ts'
import { EventStream } from './stream.ts'

export const REVISION = '2026-07-28'
const PREFIX = 'io.modelcontextprotocol/'
const VERSION = `${PREFIX}protocolVersion`
const CAPABILITIES = `${PREFIX}clientCapabilities`
/** How long a client may take a list for fresh, ms. What it shows depends on the key, and a reload may change that. */
const FRESH = 60_000
/** How many listening streams are open at most; one more ends the oldest. */
const MAX_LISTENERS = 256

export interface ModernOptions extends Pick<DispatchOptions, 'tools'> {
  version: string
  instructions?: string
  dispatch: Dispatch
  context (request: FastifyRequest): Pick<Context, 'call' | 'failed'>
}

/** The `_meta` of a request's params, if that is an object. */
export function metaOf (message: unknown): Message {
  const params = isObject(message) ? message.params : undefined
  const meta = isObject(params) ? params._meta : undefined
  return isObject(meta) ? meta : {}
}

/** The version that a request names of itself. Clients of the earlier generation name none. */
export const versionOf = (message: unknown): unknown => metaOf(message)[VERSION]

/** Throws RpcError where a request is not one of this revision. The order says which fault a client hears of first. */
function check ({ headers }: FastifyRequest, message: Message, meta: Message): void {
  const header = headers['mcp-protocol-version']
  const version = meta[VERSION]
  if (header === undefined) throw new RpcError(HEADER_MISMATCH, 'MCP-Protocol-Version is missing', { status: 400 })
  if (typeof version !== 'string') throw new RpcError(INVALID_PARAMS, `_meta lacks ${VERSION}`, { status: 400 })
  if (!isObject(meta[CAPABILITIES])) {
    throw new RpcError(INVALID_PARAMS, `_meta lacks ${CAPABILITIES}`, { status: 400 })
  }
  if (header !== version) throw new RpcError(HEADER_MISMATCH, 'MCP-Protocol-Version does not match the body', { status: 400 })
  if (version !== REVISION) {
    throw new RpcError(UNSUPPORTED_VERSION, 'Unsupported protocol version', { status: 400, data: { supported: [REVISION], requested: version } })
  }
  checkMethod(headers, message)
}

/** A client that closes the reply has cancelled its request. */
class Asked extends HangUp implements Context {
  readonly capabilities: Message
  readonly call: Context['call']
  readonly failed: Context['failed']
  notify: NonNullable<Context['notify']> | undefined

  constructor ({ raw }: FastifyReply, capabilities: Message, { call, failed }: Pick<Context, 'call' | 'failed'>) {
    super(raw)
    this.capabilities = capabilities
    this.call = call
    this.failed = failed
  }
}

/** Revision 2026-07-28: no sessions; one POST, one JSON, or a stream where something is said before the result. */
export function createModern ({ tools, version, instructions, dispatch, context }: ModernOptions) {
  const mirrored = new Map(tools.map(tool => [tool.name, mirroredFields(tool.input)]).filter(([, fields]) => fields!.length > 0) as
    Array<[string, ReturnType<typeof mirroredFields>]>)
  const serverInfo = { [`${PREFIX}serverInfo`]: { name: 'iris', title: 'Iris', version } }
  const discovery = { supportedVersions: [REVISION], capabilities: { tools: {} }, ...(instructions !== undefined && { instructions }) }
  const listeners = new Map<EventStream, Id>()

  const writtenInfo = JSON.stringify(serverInfo)

  /** The result of a request as JSON. That of a tool has most of it in JSON already. */
  function result (id: Id, value: Result, meta = serverInfo): string {
    if (value instanceof ToolResult) return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"resultType":"complete",${value.fields()},"_meta":${writtenInfo}}}`
    return JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...value, _meta: meta } })
  }

  function answer (request: FastifyRequest, message: Message, meta: Message, stream: EventStream, reply: FastifyReply): Promise<Result> | Result {
    const { method } = message
    if (method === 'server/discover') return { ...discovery, ttlMs: FRESH, cacheScope: 'public' }
    const params = message.params as Message
    if (method === 'tools/call') checkFields(request.headers, mirrored.get(String(params.name)) ?? [], params.arguments)
    const { progressToken } = meta
    const asked = new Asked(reply, meta[CAPABILITIES] as Message, context(request))
    if (typeof progressToken === 'string' || Number.isSafeInteger(progressToken)) {
      asked.notify = note => { stream.offer({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, ...note } }) }
    }
    const value = dispatch(method as string, params, asked)
    return method === 'tools/list' ? value.then(list => ({ ...list, ttlMs: FRESH, cacheScope: 'private' })) : value
  }

  /** No list here changes and there are no resources: nothing of what was asked for is promised, and the stream stays open. */
  function listen (id: Id, reply: FastifyReply, stream: EventStream): void {
    const [oldest] = listeners.keys()
    if (listeners.size >= MAX_LISTENERS) unlisten(oldest!)
    listeners.set(stream, id)
    reply.raw.once('close', () => listeners.delete(stream))
    const params = { _meta: { [`${PREFIX}subscriptionId`]: id }, notifications: {} }
    stream.send({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params })
  }

  function unlisten (stream: EventStream): void {
    const id = listeners.get(stream)!
    listeners.delete(stream)
    stream.end(result(id, {}, { ...serverInfo, [`${PREFIX}subscriptionId`]: id } as typeof serverInfo))
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
