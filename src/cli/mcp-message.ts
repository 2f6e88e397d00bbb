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
  if (Array.isArray(message)) return message.flatMap(requestIds)
  const { method, id } = message as Message
  return method !== undefined && id !== undefined && id !== null ? [id] : []
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

/** The server refused in words of its own. */
export class RpcFailure extends Error {
  readonly error: RpcError

  constructor (error: RpcError) {
    super(error.message)
    this.error = error
  }
}

/** What those hear whose server is gone. */
export const gone = (why: string): RpcError => ({ code: SERVER_ERROR, message: `Iris went away: ${why}. What was begun there goes on or has ended there; tell_list shows it` })

/** Why nothing was answered: in the server's words, where it had any. */
export const reasonOf = (err: Error): RpcError => err instanceof RpcFailure ? err.error : gone(err.message)

/** The server's own JSON-RPC error, or its error body made one. */
export function errorIn (body: string, status: number): RpcError {
  try {
    const parsed = JSON.parse(body) as { error?: unknown, message?: unknown }
    if (typeof (parsed.error as RpcError | undefined)?.code === 'number') return parsed.error as RpcError
    if (typeof parsed.message === 'string') return { code: SERVER_ERROR, message: parsed.message, data: parsed }
  } catch {
    // No JSON: the status must do.
  }
  return { code: SERVER_ERROR, message: `The server answered with status ${status}` }
}

/** Whether it is a request that changes nothing: any but a tool's call. */
export const isQuestion = (message: Message | Message[]) => !Array.isArray(message) && message.method !== undefined && message.id !== undefined && message.method !== 'tools/call'

/** How our servers begin an answer: the rest of it need not be read to know whose it is. */
const ANSWER = /^\{"jsonrpc":"2\.0","id":(?:"([ !#-[\]-~]{0,100})"|(-?\d{1,15})),"(result|error)":/

/** The id of the request that a message of the server answers, and whether with a result; undefined where it is no answer. */
export function answerTo (text: string | Buffer): { id: Id | undefined, ok: boolean } {
  const found = ANSWER.exec(typeof text === 'string' ? text : text.toString('latin1', 0, 160))
  if (found !== null) return { id: found[1] ?? Number(found[2]), ok: found[3] === 'result' }
  const { id, method, result } = JSON.parse(text.toString()) as Message
  return { id: method === undefined ? id ?? undefined : undefined, ok: result !== undefined }
}

export function failure (id: Id | null, error: RpcError): Message {
  return { jsonrpc: '2.0', id, error }
}
