/** What travels over MCP: a request, a notification, or an answer. */
export interface Message {
  jsonrpc: '2.0'
  id?: string | number | null
  method?: string
  params?: Record<string, unknown> & { _meta?: Record<string, unknown> }
  result?: Record<string, unknown>
  error?: RpcError
}

export interface RpcError { code: number, message: string, data?: unknown }

export type Id = string | number

const VERSION = 'io.modelcontextprotocol/protocolVersion'

/** JSON-RPC's own codes, and the first of those left to servers. */
export const PARSE_ERROR = -32700
export const INVALID_REQUEST = -32600
export const SERVER_ERROR = -32000

/** The ids of the requests in a message or batch: each waits for an answer. */
export function requestIds (message: Message | readonly Message[]): Id[] {
  return [message].flat().filter(({ method, id }) => method !== undefined && id !== undefined && id !== null).map(({ id }) => id as Id)
}

/** The protocol version that a message of the stateless generation names; undefined for the generation with sessions. */
export function modernVersion (message: Message | readonly Message[]): string | undefined {
  const version = Array.isArray(message) ? undefined : (message as Message).params?._meta?.[VERSION]
  return typeof version === 'string' ? version : undefined
}

/** What HTTP demands beside the body of such a message: its version, method and name once more, as headers. */
export function modernHeaders (message: Message, version: string): Record<string, string> {
  const name = message.method === 'resources/read' ? message.params?.uri : message.params?.name
  return {
    'mcp-protocol-version': version,
    ...(message.method !== undefined && { 'mcp-method': headerText(message.method) }),
    ...(typeof name === 'string' && { 'mcp-name': headerText(name) })
  }
}

/** A header carries printable ASCII without spaces at its ends; other text goes as base64, marked as such. */
function headerText (text: string): string {
  const plain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text)
  return plain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`
}

export function failure (id: Id | null, error: RpcError): Message {
  return { jsonrpc: '2.0', id, error }
}
