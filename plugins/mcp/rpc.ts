/** A request's id. JSON-RPC allows null as well; MCP does not. */
export type Id = string | number

/** One JSON-RPC message as it came in: nothing of it is checked but that it is an object. */
export type Message = Readonly<Record<string, unknown>>

export const PARSE_ERROR = -32700
export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
export const INVALID_PARAMS = -32602
export const INTERNAL_ERROR = -32603
/** What revision 2026-07-28 adds. */
export const HEADER_MISMATCH = -32020
export const MISSING_CAPABILITY = -32021
export const UNSUPPORTED_VERSION = -32022

/** A request that the protocol itself refuses. What a tool refuses is a result with `isError`. */
export class RpcError extends Error {
  readonly code: number
  /** The HTTP status it goes out with, where HTTP carries it. */
  readonly status: number
  readonly data: unknown

  constructor (code: number, message: string, { status = 200, data }: { status?: number, data?: unknown } = {}) {
    super(message)
    this.code = code
    this.status = status
    this.data = data
  }
}

export function isObject (value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The id of a message, if it has one that MCP allows. */
export function idOf (message: unknown): Id | undefined {
  const id = isObject(message) ? message.id : undefined
  return typeof id === 'string' || Number.isSafeInteger(id) ? id as Id : undefined
}

/** A failure without an id answers what could not be read far enough to have one. */
export function failure (id: Id | undefined, { code, message, data }: { code: number, message: string, data?: unknown }) {
  return { jsonrpc: '2.0', ...(id !== undefined && { id }), error: { code, message, ...(data !== undefined && { data }) } }
}
