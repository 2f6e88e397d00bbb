import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RpcError } from './rpc.ts'
import { serveSocket, type Served } from './socket.ts'

export interface UpgradeOptions extends Served {
  /** Bytes of the longest message. */
  bodyLimit: number
}

/**
 * A WebSocket of the subprotocol `mcp` at `/mcp`, as the SDK's clients know it. Closed with: 1001 the server stops · 1003 a binary
 * frame · 1007 no UTF-8 · 1009 too large a message (api.bodyLimit, which the header Iris-Body-Limit tells) · 1011 a fault of ours ·
 * 4401 a key that was revoked.
 */
export async function upgrade (scope: FastifyInstance, { bodyLimit, ...served }: UpgradeOptions): Promise<void> {
  const sockets = await scope.takeSockets<ReturnType<typeof serveSocket>>({
    bodyLimit,
    protocol: 'mcp',
    stop (socket) { socket.stop() }
  })
  scope.websocketServer.on('headers', headers => { headers.push(`Iris-Body-Limit: ${bodyLimit}`) })

  scope.route({
    method: 'GET',
    url: '/mcp',
    schema: { hide: true },
    config: { auth: true },
    exposeHeadRoute: false,
    handler: noStream,
    wsHandler (socket, request) {
      sockets.add(socket, serveSocket(socket, request, served))
    }
  })
}

/** Whoever GETs without an upgrade looks for a stream of what the server says unasked. */
export async function noStream (_request: FastifyRequest, reply: FastifyReply): Promise<never> {
  reply.header('allow', 'POST, DELETE')
  throw new RpcError(405, 'There is no stream to get: what belongs to a request comes in its reply', { status: 405 })
}
