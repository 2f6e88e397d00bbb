import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { Target } from './client.ts'
import { bearer, text } from './exchange.ts'
import type { Link, LinkEvents } from './mcp-link.ts'
import { errorIn, RpcFailure } from './mcp-message.ts'

/** ms between the system's own looks whether a silent server is still there. */
const KEEP_ALIVE = 15_000

/**
 * MCP through a WebSocket to the `/mcp` of a server; null where it takes none. Throws RpcFailure where it lets nobody in with this
 * key, or whatever kept the connection from being made.
 */
export async function openSocket ({ url, key }: Target, headers: Readonly<Record<string, string>>, { hear, lost }: LinkEvents): Promise<Link | null> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/mcp`, 'mcp', {
    headers: { ...headers, ...bearer(key) },
    perMessageDeflate: false,
    maxPayload: 0
  })
  let wire!: Socket
  let limit = Infinity
  let corked = false
  let closing = false
  let opened = false

  const uncork = () => {
    corked = false
    wire.uncork()
  }

  const link: Link = {
    get limit () { return limit },
    forgetful: true,
    send (line) {
      // What is sent in one turn of the event loop leaves in one write.
      if (!corked) {
        corked = true
        wire.cork()
        process.nextTick(uncork)
      }
      socket.send(line)
    },
    async close (enough) {
      closing = true
      const closed = new Promise<void>(resolve => { socket.on('close', () => { resolve() }) })
      if (socket.readyState === socket.CLOSED) return
      socket.close()
      await Promise.race([closed, enough])
      socket.terminate()
    }
  }

  return await new Promise<Link | null>((resolve, reject) => {
    socket.on('upgrade', (response: IncomingMessage) => {
      wire = response.socket
      wire.setKeepAlive(true, KEEP_ALIVE)
      limit = Number(response.headers['iris-body-limit'] ?? Infinity)
    })
    socket.on('open', () => {
      opened = true
      resolve(link)
    })
    socket.on('message', (data: Buffer) => {
      const behind = hear(data)
      if (behind === undefined || socket.isPaused) return
      socket.pause()
      void behind.then(() => { socket.resume() })
    })
    socket.on('unexpected-response', (request, response: IncomingMessage) => {
      const status = response.statusCode ?? 0
      const refused = status === 401 || status === 403 || status === 429 || status >= 500
      if (!refused) {
        resolve(null)
        request.destroy()
        return
      }
      text(response).then(body => { reject(new RpcFailure(errorIn(body, status))) }, reject).finally(() => { request.destroy() })
    })
    socket.on('error', reject)
    socket.on('close', (code, reason) => {
      if (opened && !closing) lost(reason.length > 0 ? reason.toString() : `the connection broke (${code})`)
    })
  })
}
