import { EventEmitter } from 'node:events'
import ws from '@fastify/websocket'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'
import type { Api } from '../schemas/config.ts'
import { ValidationError, toErrorBody } from '../src/errors.ts'
import type { Tool } from '../src/tool.ts'
import { asyncApiDocument } from './websocket/asyncapi.ts'
import { createBeats } from './websocket/beats.ts'
import { BEAT, Connection, type Surroundings } from './websocket/connection.ts'
import { listeners } from './websocket/listeners.ts'
import { PAGE_POLICY, page } from './websocket/page.ts'
import { peers } from './websocket/peer.ts'
import { joiner, preparer } from './websocket/prepared.ts'
import { roomTools, type RoomsOptions } from './websocket/rooms.ts'
import { Turns } from './websocket/turns.ts'

export interface WebSocketOptions extends RoomsOptions, Pick<Surroundings, 'version' | 'head' | 'health' | 'follow' | 'call' | 'clients'> {
  tools: readonly Tool[]
  api: () => Pick<Api, 'bodyLimit'>
  clock: Surroundings['clock'] & { elapsed (): number }
}

/** ms that peers have to answer the close of a server that stops: what they have not read is in the log. */
const STOP_WITHIN = 1_000

/**
 * `/ws`: JSON text frames `{event, data, id?}`, both ways. A request is a tool's name, its second name, or a subscription; it
 * is answered by `result` or `error`, and all it causes carries its id. Who comes without a key says `auth {token}` first.
 *
 * Closed with: 1001 the server stops · 1003 a binary frame · 1007 no UTF-8 · 1009 too large a frame (api.bodyLimit) ·
 * 1011 a fault of ours · 1013 too slow, the reason is `{"seq": <last event sent>}` · 4401 no key, a wrong one, or one that was
 * revoked · 4403 a key that may no longer hear what it subscribed to.
 */
async function websocket (app: FastifyInstance, { tools, api, begin, interests, ...own }: WebSocketOptions): Promise<void> {
  const connections = new Map<WebSocket, Connection>()
  let stopping = false
  const surroundings: Surroundings = { ...own, requests: requestsOf(tools, roomTools({ begin, interests })), post: { prepare: preparer(), join: joiner(), turns: new Turns() }, beats: createBeats(own.clock, BEAT) }
  const listen = listeners(connections)
  const peerOf = peers()

  // In a scope of its own: its hooks would cost every other route a tenth.
  await app.register(async scope => {
    await scope.register(ws, {
      options: {
        // Upgrades go through the router once: where another scope has them do so already, a second listener would run each route twice.
        server: (app.server.listenerCount('upgrade') === 0 ? app.server : new EventEmitter()) as typeof app.server,
        maxPayload: api().bodyLimit,
        perMessageDeflate: false
      },
      preClose (done) {
        stopping = true
        for (const connection of connections.values()) stop(connection)
        done()
      },
      errorHandler (_err, socket) { socket.close(1011) }
    })
    scope.websocketServer.on('wsClientError', (err, socket) => {
      const text = JSON.stringify(toErrorBody(new ValidationError(`This is no WebSocket handshake: ${err.message}`), own.clock.now()))
      socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`)
    })
    let described: object | undefined
    const document = () => described ??= asyncApiDocument(surroundings.requests, own.version)
    scope.get('/asyncapi.json', { schema: { hide: true } }, document)
    scope.get('/docs/events', { schema: { hide: true } }, (_request, reply) =>
      reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY).send(page(document())))
    scope.route({
      method: 'GET',
      url: '/ws',
      schema: { hide: true },
      config: { auth: 'later' },
      exposeHeadRoute: false,
      preHandler (request, reply, done) {
        // An upgrade is not answered by it, and it would keep the request for as long as the socket lives.
        if (request.ws) reply.raw.detachSocket(request.raw.socket)
        done()
      },
      handler () {
        throw new ValidationError('/ws speaks WebSocket only: ask for an upgrade')
      },
      wsHandler (socket, request) {
        const connection = new Connection(socket, request.raw.socket, peerOf(request), surroundings)
        connections.set(socket, connection)
        listen(socket)
        // An upgrade that was on its way: nobody else would end it, and the server waits for all of them.
        if (stopping) stop(connection)
      }
    })
  })
}

export default fp(websocket, { name: 'iris-websocket', dependencies: ['iris-auth', 'iris-limits'] })

const stop = (connection: Connection) => { connection.close(1001, 'The server stops', STOP_WITHIN) }

/** The AsyncAPI document of `/ws` with these tools. */
export function asyncApi (tools: readonly Tool[], version: string): object {
  const nobody = (): never => { throw new Error('There is nobody here to ask') }
  return asyncApiDocument(requestsOf(tools, roomTools({ begin: nobody, interests: nobody })), version)
}

function requestsOf (tools: readonly Tool[], rooms: ReadonlyMap<string, Tool>): Surroundings['requests'] {
  const requests = new Map([...rooms].map(([event, tool]) => [event, { tool, events: false, answer: event === 'resume' ? 'resumed' : 'result' }]))
  for (const tool of tools) {
    requests.set(tool.name, { tool, events: false, answer: 'result' })
    if (tool.socket !== undefined) requests.set(tool.socket.event, { tool, events: tool.socket.answer === 'events', answer: 'result' })
  }
  return requests
}
