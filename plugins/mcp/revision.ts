import type { Result } from './context.ts'
import { serverInfo } from './opening.ts'
import { ToolResult } from './result.ts'
import { INVALID_PARAMS, isObject, RpcError, UNSUPPORTED_VERSION, type Id, type Message } from './rpc.ts'

const REVISION = '2026-07-28'
const PREFIX = 'io.modelcontextprotocol/'
const VERSION = `${PREFIX}protocolVersion`
/** In a request's `_meta`: what its client has declared that it can do. */
export const CAPABILITIES = `${PREFIX}clientCapabilities`
/** How long a client may take a list for fresh, ms. What it shows depends on the key, and a reload may change that. */
const FRESH = 60_000

/** The `_meta` of a request's params, if that is an object. */
export function metaOf (message: unknown): Message {
  const params = isObject(message) ? message.params : undefined
  const meta = isObject(params) ? params._meta : undefined
  return isObject(meta) ? meta : {}
}

/** The version that a request names of itself. Clients of the earlier generation name none. */
export const versionOf = (message: unknown): unknown => metaOf(message)[VERSION]

/** The version that a request is of, by its `_meta`. Throws RpcError where it does not say all it must. */
export function namedVersion (meta: Message): string {
  const version = meta[VERSION]
  if (typeof version !== 'string') throw new RpcError(INVALID_PARAMS, `_meta lacks ${VERSION}`, { status: 400 })
  if (!isObject(meta[CAPABILITIES])) throw new RpcError(INVALID_PARAMS, `_meta lacks ${CAPABILITIES}`, { status: 400 })
  return version
}

/** Throws RpcError for any version but this one. */
export function checkVersion (version: string): void {
  if (version === REVISION) return
  throw new RpcError(UNSUPPORTED_VERSION, 'Unsupported protocol version', { status: 400, data: { supported: [REVISION], requested: version } })
}

/** By a request's `_meta`: what its progress is told with, where it wants to hear of that. */
export function progressTokenOf ({ progressToken }: Message): Id | undefined {
  return typeof progressToken === 'string' || Number.isSafeInteger(progressToken) ? progressToken as Id : undefined
}

export interface RevisionOptions {
  version: string
  /** What a model should know to use this server well. */
  instructions?: string
}

export type Revision = ReturnType<typeof createRevision>

/** How revision 2026-07-28 words its answers, whatever carries them. */
export function createRevision ({ version, instructions }: RevisionOptions) {
  const info: Message = { [`${PREFIX}serverInfo`]: serverInfo(version) }
  const discovery = { supportedVersions: [REVISION], capabilities: { tools: {} }, ...(instructions !== undefined && { instructions }), ttlMs: FRESH, cacheScope: 'public' }
  const writtenInfo = JSON.stringify(info)

  /** The result of a request as JSON. That of a tool has most of it in JSON already. */
  function result (id: Id, value: Result, meta = info): string {
    if (value instanceof ToolResult) return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"resultType":"complete",${value.fields()},"_meta":${writtenInfo}}}`
    return JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...value, _meta: meta } })
  }

  return {
    discovery,
    result,
    /** A list, and for how long it may be taken for the one that is. */
    fresh: (list: Result): Result => ({ ...list, ttlMs: FRESH, cacheScope: 'private' }),
    /** Of a stream of changes: no list here changes and there are no resources, so nothing of what was asked for is promised. */
    acknowledged: (id: Id) => ({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { _meta: { [`${PREFIX}subscriptionId`]: id }, notifications: {} } }),
    unsubscribed: (id: Id) => result(id, {}, { ...info, [`${PREFIX}subscriptionId`]: id })
  }
}
