import type { Toolbox } from './agent.ts'

/** The name that Iris's tools go by on a program's pipe. */
export const SERVER = 'iris'

/** What the program calls one of them when it asks whether it may use it. */
export const nameOnPipe = (tool: string) => `mcp__${SERVER}__${tool}`

/** A control request by which the program reaches one of its MCP servers. */
export interface McpRequest { subtype?: string, server_name?: string, message?: unknown }

/** The calls of a stream-json program to Iris's tools: each MCP message of its is a control request that waits for the answer. */
export interface ToolCalls {
  /** False where it is nothing that Iris can answer. */
  take (requestId: string, request: McpRequest): boolean
  /** The program takes a request back. False where it is none of these. */
  drop (requestId: string): boolean
  close (): void
}

type Id = string | number
interface Rpc { id?: Id, method?: string, params?: { requestId?: unknown } }

export function createToolCalls (tools: Toolbox, { ask, answer, patience }: {
  /** Send a control request, of which nobody awaits the answer. */
  ask (request: object): void
  /** Answer a control request of the program. */
  answer (requestId: string, response: object): void
  patience?: number | undefined
}): ToolCalls {
  const waiting = new Map<Id, string>()
  const reply = (requestId: string, message: object) => { answer(requestId, { mcp_response: message }) }

  const pipe = tools.open((message: Rpc) => {
    const requestId = message.method === undefined && message.id !== undefined ? waiting.get(message.id) : undefined
    if (requestId === undefined) return ask({ subtype: 'mcp_message', server_name: SERVER, message })
    waiting.delete(message.id!)
    reply(requestId, message)
  }, patience)

  /** Nothing more comes for a call that is cancelled, yet the program waits. */
  function cancelled (id: unknown) {
    const requestId = waiting.get(id as Id)
    if (requestId === undefined) return
    waiting.delete(id as Id)
    reply(requestId, { jsonrpc: '2.0', id, error: { code: -32800, message: 'Cancelled' } })
  }

  return {
    take (requestId, { subtype, server_name: server, message }) {
      if (subtype !== 'mcp_message' || server !== SERVER || typeof message !== 'object' || message === null) return false
      const { id, method, params } = message as Rpc
      if (method !== undefined && id !== undefined) waiting.set(id, requestId)
      else reply(requestId, { jsonrpc: '2.0', id: 0, result: {} }) // a notification: it only wants to know that it came
      pipe.receive(message)
      if (method === 'notifications/cancelled') cancelled(params?.requestId)
      return true
    },
    drop (requestId) {
      for (const [id, waits] of waiting) {
        if (waits !== requestId) continue
        waiting.delete(id)
        pipe.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })
        return true
      }
      return false
    },
    close: pipe.close
  }
}
