import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Api } from '../schemas/config.ts'
import { ValidationError } from '../src/errors.ts'
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
import { Volley } from './websocket/volley.ts'

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
  const surroundings: Surroundings = { ...own, requests: requestsOf(tools, roomTools({ begin, interests })), post: { prepare: preparer(), join: joiner(), turns: new Turns(), volley: new Volley() }, beats: createBeats(own.clock, BEAT) }
  const peerOf = peers()

  await app.register(async scope => {
    const connections = await scope.takeSockets<Connection>({
      bodyLimit: api().bodyLimit,
      stop (connection) { connection.close(1001, 'The server stops', STOP_WITHIN) }
    })
    const listen = listeners(connections)
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
      handler () {
        throw new ValidationError('/ws speaks WebSocket only: ask for an upgrade')
      },
      wsHandler (socket, request) {
        listen(socket) // before it is kept: who hears of the end must still find it
        connections.add(socket, new Connection(socket, request.raw.socket, peerOf(request), surroundings))
      }
    })
  })
}

export default fp(websocket, { name: 'iris-websocket', dependencies: ['iris-auth', 'iris-limits', 'iris-upgrades'] })

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
