import { EventEmitter } from 'node:events'
import ws from '@fastify/websocket'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ValidationError, toErrorBody } from '../../src/errors.ts'
import type { Channels } from './channels.ts'
import { RpcError } from './rpc.ts'
import { serveSocket, type Clock } from './socket.ts'

export interface UpgradeOptions {
  channels: Channels
  clock: Clock
  /** Bytes of the longest message. */
  bodyLimit: number
}

const PROTOCOL = 'mcp'

/**
 * A WebSocket of the subprotocol `mcp` at `/mcp`, as the SDK's clients know it. Closed with: 1001 the server stops · 1003 a binary
 * frame · 1007 no UTF-8 · 1009 too large a message (api.bodyLimit, which the header Iris-Body-Limit tells) · 1011 a fault of ours ·
 * 4401 a key that was revoked.
 */
export async function upgrade (scope: FastifyInstance, { channels, clock, bodyLimit }: UpgradeOptions): Promise<void> {
  const sockets = new Set<ReturnType<typeof serveSocket>>()
  let stopping = false

  await scope.register(ws, {
    options: {
      // Upgrades go through the router once: where another scope has them do so already, a second listener would run each route twice.
      server: (scope.server.listenerCount('upgrade') === 0 ? scope.server : new EventEmitter()) as typeof scope.server,
      maxPayload: bodyLimit,
      perMessageDeflate: false,
      handleProtocols: offered => offered.has(PROTOCOL) && PROTOCOL
    },
    preClose (done) {
      stopping = true
      for (const socket of sockets) socket.stop()
      done()
    },
    errorHandler (_err, socket) {
      if (socket.readyState === socket.OPEN) socket.close(1011)
    }
  })
  scope.websocketServer.on('headers', headers => { headers.push(`Iris-Body-Limit: ${bodyLimit}`) })
  scope.websocketServer.on('wsClientError', (err, socket) => {
    const text = JSON.stringify(toErrorBody(new ValidationError(`This is no WebSocket handshake: ${err.message}`), clock.now()))
    socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`)
  })

  scope.route({
    method: 'GET',
    url: '/mcp',
    schema: { hide: true },
    config: { auth: true },
    exposeHeadRoute: false,
    preHandler (request, reply, done) {
      // An upgrade is not answered by it, and it would keep the request for as long as the socket lives.
      if (request.ws) reply.raw.detachSocket(request.raw.socket)
      done()
    },
    handler: noStream,
    wsHandler (socket, request) {
      const served = serveSocket(socket, request, { channels, clock })
      sockets.add(served)
      socket.on('close', () => { sockets.delete(served) })
      if (stopping) served.stop() // an upgrade that was on its way
    }
  })
}

/** Whoever GETs without an upgrade looks for a stream of what the server says unasked. */
export async function noStream (_request: FastifyRequest, reply: FastifyReply): Promise<never> {
  reply.header('allow', 'POST, DELETE')
  throw new RpcError(405, 'There is no stream to get: what belongs to a request comes in its reply', { status: 405 })
}
