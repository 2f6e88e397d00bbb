import type { WebSocket } from 'ws'
import type { Connection } from './connection.ts'

/** Has the sockets heard, each for its connection, by the same few functions: a closure of each would cost it as much as all else that is kept of it. */
export function listeners (connections: { get (socket: WebSocket): Connection | undefined }): (socket: WebSocket) => void {
  function message (this: WebSocket, data: Buffer, isBinary: boolean) { void connections.get(this)?.hear(data, isBinary) }
  function pong (this: WebSocket) { connections.get(this)?.answered() }
  function ping (this: WebSocket) { connections.get(this)?.asked() }
  function close (this: WebSocket) { connections.get(this)?.end() }
  /** The peer's faults come here with the socket closing already; what comes with it open is ours. */
  function error (this: WebSocket) {
    if (this.readyState === this.OPEN) this.close(1011)
  }

  return socket => {
    // The plugin's own holds the request and its reply.
    socket.removeAllListeners('error')
    socket.on('error', error)
    socket.on('message', message)
    socket.on('pong', pong)
    socket.on('ping', ping)
    socket.on('close', close)
  }
}
