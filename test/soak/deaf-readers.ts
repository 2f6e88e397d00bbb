import { connect, type Socket } from 'node:net'
import type { ServerProcess } from '../fixtures/process.ts'

/** A client that asks for all there is and reads none of it. */
export interface Deaf { end (): void }

/** ms after which one that closes its half does so: the server is writing to it by then. */
const HALF_AFTER = 1_000

/** `half`: it says after a while that nothing more comes from it, and stays. */
export function deafSocket (server: ServerProcess, sessions: readonly string[], half: boolean): Deaf {
  const frame = Buffer.from(JSON.stringify({ event: 'resume', data: { after: 0, rooms: ['team:*', ...sessions.map(id => `session:${id}`)] } }))
  const head = Buffer.from([0x81, 0x80 | 126, frame.length >> 8, frame.length & 0xff, 0, 0, 0, 0]) // text, masked with nothing
  return ask(server, 'GET /ws', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n', Buffer.concat([head, frame]), half)
}

export function deafStream (server: ServerProcess, half: boolean): Deaf {
  return ask(server, 'GET /api/events/stream?after=0', 'Accept: text/event-stream\r\n', Buffer.alloc(0), half)
}

function ask ({ url, key }: ServerProcess, request: string, headers: string, more: Buffer, half: boolean): Deaf {
  const { port, host } = new URL(url)
  const socket: Socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
  socket.pause() // or it would read what its own buffer holds
  socket.on('error', () => {})
  socket.write(`${request} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\n${headers}\r\n`)
  socket.write(more)
  const timer = half ? setTimeout(() => { socket.end() }, HALF_AFTER) : undefined
  return {
    end () {
      clearTimeout(timer)
      socket.destroy()
    }
  }
}
