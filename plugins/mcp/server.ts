import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv'
import { ElicitResultSchema, type ElicitRequestFormParams, type JSONRPCRequest, type ServerNotification, type ServerRequest, type ServerResult } from '@modelcontextprotocol/sdk/types.js'
import type { Carrier, Context } from './context.ts'
import type { Dispatch } from './dispatch.ts'
import { serverInfo } from './opening.ts'
import { ToolResult } from './result.ts'
import { metaOf, progressTokenOf } from './revision.ts'

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

export interface ServerOptions {
  version: string
  instructions?: string
  dispatch: Dispatch
  /** What the carrier knows of a request. `progress` sends a notification, in the place of the SDK, which does not look how far behind its client is. `gone`: when that no longer hears us. */
  context (extra: Extra): Carrier & { progress? (message: object): void, gone? (): AbortSignal }
}

/** Makes the SDK's server of one session: the generation that begins with `initialize`, over any of the SDK's transports. */
export function createServers ({ version, instructions, dispatch, context }: ServerOptions): () => Server {
  // Each would make one of its own otherwise, which costs more than all the rest of it.
  const jsonSchemaValidator = new AjvJsonSchemaValidator()
  const options = { capabilities: { tools: {} }, jsonSchemaValidator, ...(instructions !== undefined && { instructions }) }

  /** Puts a question once to one session's client, however many of its calls hear of it. */
  const asker = (asked: Set<string>, { sendRequest, signal }: Extra, gone: () => AbortSignal = () => signal): NonNullable<Context['ask']> => async (id, form, until) => {
    if (asked.has(id)) throw new Error('The client is asked already')
    asked.add(id)
    try {
      // By the request's own stream: a session holds no other.
      return await sendRequest({ method: 'elicitation/create', params: form as ElicitRequestFormParams }, ElicitResultSchema, {
        signal: AbortSignal.any([until.signal, signal, gone()]), timeout: until.within
      })
    } finally {
      asked.delete(id)
    }
  }

  const answer = async (server: Server, asked: Set<string>, request: JSONRPCRequest, extra: Extra): Promise<ServerResult> => {
    const { progress, gone, ...rest } = context(extra)
    const progressToken = progressTokenOf(metaOf(request))
    const result = await dispatch(request.method, { ...request.params }, {
      ...rest,
      signal: extra.signal,
      capabilities: { ...server.getClientCapabilities() },
      ask: asker(asked, extra, gone),
      ...(progressToken !== undefined && {
        notify: note => {
          const message = { method: 'notifications/progress' as const, params: { progressToken, ...note } }
          // A client that has gone hears nothing more; the call is told so by its signal.
          if (progress === undefined) extra.sendNotification(message).catch(() => {})
          else if (!extra.signal.aborted) progress({ ...message, jsonrpc: '2.0' })
        }
      })
    })
    return (result instanceof ToolResult ? result.toJSON() : result) as ServerResult
  }

  return () => {
    const server = new Server(serverInfo(version), options)
    // The SDK counts its requests from 0, and its client takes no cancellation of a request with that id.
    Object.assign(server, { _requestMessageId: 1 })
    const asked = new Set<string>()
    // As it came: a schema of the SDK's would take what it does not know out of a tool's input, which the tool refuses by its name.
    server.fallbackRequestHandler = (request, extra) => answer(server, asked, request, extra)
    return server
  }
}
