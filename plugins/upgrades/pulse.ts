import type { WebSocket } from 'ws'

/** ms between pings; who has not answered one by the next is gone. */
const BEAT = 15_000
/** ms a peer has to answer a close. */
const CLOSE_WITHIN = 5_000

/** Pings a socket until it is closed, by what it returns or otherwise. `judge`, asked before each ping, says whether the peer may go on, and has closed the socket where not. */
export function pulse (socket: WebSocket, clock: { after (ms: number, fn: () => void): () => void }, judge: () => boolean) {
  let alive = true
  let cancelTimer = clock.after(BEAT, beat)
  socket.on('pong', () => { alive = true })
  socket.on('close', () => { cancelTimer() })

  function beat () {
    if (!alive) return socket.terminate()
    if (!judge()) return
    cancelTimer = clock.after(BEAT, beat)
    alive = false
    socket.ping()
  }

  /** The peer has `within` ms to answer. */
  return function close (code: number, reason: string, within = CLOSE_WITHIN) {
    if (socket.readyState !== socket.OPEN) return
    cancelTimer()
    socket.close(code, reason.slice(0, 123))
    cancelTimer = clock.after(within, () => { socket.terminate() })
  }
}
