import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv'
import {
  CallToolRequestSchema, ListToolsRequestSchema, type ServerNotification, type ServerRequest, type ServerResult
} from '@modelcontextprotocol/sdk/types.js'
import type { Context, Dispatch } from './dispatch.ts'

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

export interface ServerOptions {
  version: string
  instructions?: string
  dispatch: Dispatch
  /** What the carrier knows of a request. `congested`: its client is too far behind to be sent progress. */
  context (extra: Extra): Pick<Context, 'call' | 'failed'> & { congested? (message: string): boolean }
}

/** Makes the SDK's server of one session: the generation that begins with `initialize`, over any of the SDK's transports. */
export function createServers ({ version, instructions, dispatch, context }: ServerOptions): () => Server {
  // Each would make one of its own otherwise, which costs more than all the rest of it.
  const jsonSchemaValidator = new AjvJsonSchemaValidator()
  const options = { capabilities: { tools: {} }, jsonSchemaValidator, ...(instructions !== undefined && { instructions }) }

  const answer = async (server: Server, { method, params }: { method: string, params?: object | undefined }, extra: Extra): Promise<ServerResult> => {
    const { congested, ...rest } = context(extra)
    const progressToken = extra._meta?.progressToken
    return await dispatch(method, { ...params }, {
      ...rest,
      signal: extra.signal,
      capabilities: { ...server.getClientCapabilities() },
      ...(progressToken !== undefined && {
        notify: note => {
          if (congested?.(note.message) === true) return
          // A client that has gone hears nothing more; the call is told so by its signal.
          extra.sendNotification({ method: 'notifications/progress', params: { progressToken, ...note } }).catch(() => {})
        }
      })
    })
  }

  return () => {
    const server = new Server({ name: 'iris', title: 'Iris', version }, options)
    server.setRequestHandler(ListToolsRequestSchema, (request, extra) => answer(server, request, extra))
    server.setRequestHandler(CallToolRequestSchema, (request, extra) => answer(server, request, extra))
    return server
  }
}
