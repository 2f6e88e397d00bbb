import { EventEmitter } from 'node:events'
import type { IncomingMessage, Server, ServerOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import ws from '@fastify/websocket'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'
import { pulse } from './upgrades/pulse.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Has the routes of this scope take WebSockets. Its hooks would cost routes that take none a tenth: they belong in another scope. */
    takeSockets<One> (options: SocketsOptions<One>): Promise<Sockets<One>>
    pulse: typeof pulse
  }
}

interface SocketsOptions<One> {
  /** Bytes of the longest message. */
  bodyLimit: number
  /** The subprotocol that is spoken here; without it, whichever a client offers first. */
  protocol?: string
  /** The server stops: closes one that is open. */
  stop (one: One): void
}

/** What serves each socket that is open. */
interface Sockets<One> {
  get (socket: WebSocket): One | undefined
  add (socket: WebSocket, one: One): void
}

/** WebSockets for the plugins that speak by them: each in a scope, and with options, of its own. */
async function upgrades (app: FastifyInstance): Promise<void> {
  const asked = new EventEmitter()
  // Node's own, and the first: those after it count connections, and one that is read anew is none.
  const [read] = app.server.listeners('connection') as [(this: Server, socket: Duplex) => void]
  app.decorate('pulse', pulse)
  app.decorate('takeSockets', async function <One> (this: FastifyInstance, { bodyLimit, protocol, stop }: SocketsOptions<One>): Promise<Sockets<One>> {
    const open = new Map<WebSocket, One>()
    let stopping = false
    function closed (this: WebSocket) { open.delete(this) }

    const first = asked.listenerCount('upgrade') === 0
    if (first) app.server.on('upgrade', (request, socket, head) => { if (isSocket(request)) asked.emit('upgrade', request, socket, head); else read.call(app.server, asAnew(request, socket, head)) })

    await this.register(ws, {
      options: {
        // Upgrades go through the router once: where another scope has them do so already, a second listener would run each route twice.
        server: (first ? asked : new EventEmitter()) as typeof app.server,
        maxPayload: bodyLimit,
        perMessageDeflate: false,
        ...(protocol !== undefined && { handleProtocols: (offered: Set<string>) => offered.has(protocol) && protocol })
      },
      preClose (done) {
        stopping = true
        for (const one of open.values()) stop(one)
        done()
      },
      errorHandler (_err, socket) {
        if (socket.readyState === socket.OPEN) socket.close(1011)
      }
    })
    this.websocketServer.on('wsClientError', (err, socket) => { app.refuse(socket, `This is no WebSocket handshake: ${err.message}`) })
    this.addHook('onRoute', route => {
      if (route.wsHandler === undefined) return
      route.preHandler = [route.preHandler ?? []].flat().concat((request, reply, done) => {
        // An upgrade is not answered by its reply, and that would keep the request for as long as the socket lives.
        if (request.ws) reply.raw.detachSocket(request.raw.socket)
        done()
      })
    })

    return {
      get: socket => open.get(socket),
      add (socket, one) {
        open.set(socket, one)
        socket.on('close', closed)
        // An upgrade that was on its way: nobody else would end it, and the server waits for all of them.
        if (stopping) stop(one)
      }
    }
  })
}

export default fp(upgrades, { name: 'iris-upgrades', dependencies: ['iris-errors'] })

function isSocket ({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
}

/** Options of the HTTP server: who asks for another protocol is answered in this one, as Java's client, which asks so for HTTP/2 whatever it sends. */
export const upgradable = { shouldUpgradeCallback: isSocket } as ServerOptions

/**
 * The same where Node does not know that option, before 22.21 and 24.9. No parser reads on after an upgrade, not even the body, so
 * the request is read again from its beginning, without the asking.
 */
function asAnew ({ method, url, httpVersion, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): Duplex {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let n = 0; n < rawHeaders.length; n += 2) if (rawHeaders[n]!.toLowerCase() !== 'upgrade') lines.push(`${rawHeaders[n]}: ${rawHeaders[n + 1]}`)
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  return socket
}
