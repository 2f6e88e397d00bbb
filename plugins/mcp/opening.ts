import { INVALID_PARAMS, INVALID_REQUEST, isObject, RpcError, type Message } from './rpc.ts'

/** What `initialize` has settled for a channel. */
export interface Opening { readonly version: string, readonly capabilities: Message }

/** Who speaks here, in all revisions. */
export const serverInfo = (version: string) => ({ name: 'iris', title: 'Iris', version })

/** The revisions that begin with `initialize`, newest first. */
export const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']
/** Those of them that must take batches. */
const BATCHED = new Set(['2025-03-26', '2024-11-05'])
/** Those that know none. */
export const UNBATCHED: ReadonlySet<string> = new Set(REVISIONS.filter(revision => !BATCHED.has(revision)))
/** Requests are limited by the message, so a batch must not be worth many. */
export const MAX_BATCH = 20

/** The revision that both know, or else ours: the client decides whether it goes on. */
export function openingOf (params: unknown): Opening {
  const { protocolVersion, capabilities } = isObject(params) ? params : {}
  if (typeof protocolVersion !== 'string') throw new RpcError(INVALID_PARAMS, 'initialize lacks protocolVersion')
  if (!isObject(capabilities)) throw new RpcError(INVALID_PARAMS, 'initialize lacks capabilities')
  return { version: REVISIONS.includes(protocolVersion) ? protocolVersion : REVISIONS[0]!, capabilities }
}

/** The messages in one. Throws RpcError. */
export function batchOf (message: unknown, opening: Opening | undefined): readonly unknown[] {
  if (message instanceof RpcError) throw message
  if (!Array.isArray(message)) return [message]
  if (opening === undefined || !BATCHED.has(opening.version)) throw new RpcError(INVALID_REQUEST, 'This revision knows no batches')
  if (message.length === 0 || message.length > MAX_BATCH) throw new RpcError(INVALID_REQUEST, `A batch holds 1 to ${MAX_BATCH} messages`)
  return message
}
