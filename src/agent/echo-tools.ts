/** The echo agent's way to the tools that it is given over its own pipe, as Claude has it: MCP messages, each in a control request. */
import { randomUUID } from 'node:crypto'

interface Rpc { jsonrpc: '2.0', id?: number, method: string, params?: object }
interface Answer { result?: { tools?: { name: string }[], structuredContent?: unknown, isError?: boolean }, error?: { message: string } }

export interface Tools {
  /** The names of all tools. */
  list (): Promise<string[]>
  /** What the tool answers, as JSON; `error` where it failed. Rejects when the signal aborts. */
  call (name: string, input: unknown, signal: AbortSignal): Promise<{ content: string, is_error?: boolean }>
  /** An answer of Iris's; false where it is to something else. */
  answered (requestId: string, response: { mcp_response?: Answer } | undefined, error?: string): boolean
}

/** `server`: what the pipe's MCP server is called; undefined where there is none. `say` sends a frame. */
export function createTools (server: () => string | undefined, say: (frame: Record<string, unknown>) => void): Tools {
  const waiting = new Map<string, (answer: Answer) => void>()
  let count = 0
  let begun: Promise<unknown> | undefined

  function exchange (message: Omit<Rpc, 'jsonrpc'>, signal?: AbortSignal): Promise<Answer> {
    const requestId = randomUUID()
    const name = server()
    if (name === undefined) return Promise.resolve({ error: { message: 'there are no tools on this pipe' } })
    const send = (message: Omit<Rpc, 'jsonrpc'>, requestId: string = randomUUID()) => {
      say({ type: 'control_request', request_id: requestId, request: { subtype: 'mcp_message', server_name: name, message: { jsonrpc: '2.0', ...message } } })
    }
    return new Promise((resolve, reject) => {
      waiting.set(requestId, resolve)
      signal?.addEventListener('abort', () => {
        send({ method: 'notifications/cancelled', params: { requestId: message.id } })
        reject(signal.reason)
      }, { once: true })
      send(message, requestId)
    })
  }

  const ask = (method: string, params: object, signal?: AbortSignal) => exchange({ id: ++count, method, params }, signal)

  const begin = () => begun ??= ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'echo', version: '1' } })
    .then(() => exchange({ method: 'notifications/initialized' }))

  return {
    async list () {
      await begin()
      const { result, error } = await ask('tools/list', {})
      return result?.tools?.map(({ name }) => name) ?? [error?.message ?? 'none']
    },
    async call (name, input, signal) {
      await begin()
      const { result, error } = await ask('tools/call', { name, arguments: input }, signal)
      if (result === undefined) return { content: JSON.stringify(error), is_error: true }
      return { content: JSON.stringify(result.structuredContent), ...(result.isError === true && { is_error: true }) }
    },
    answered (requestId, response, error) {
      const resolve = waiting.get(requestId)
      waiting.delete(requestId)
      resolve?.(response?.mcp_response ?? { error: { message: error ?? 'not answered' } })
      return resolve !== undefined
    }
  }
}
