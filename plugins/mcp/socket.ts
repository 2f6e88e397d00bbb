import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Channel, End, Surroundings } from './channel.ts'
import type { Peer } from './peer.ts'
import { PARSE_ERROR, RpcError } from './rpc.ts'
import { BACKLOG } from './stream.ts'

export interface Served extends Pick<Surroundings, 'clock'> {
  open (peer: Peer, end: End): Channel
}

/** ms that peers have to answer the close of a server that stops, and before it the requests that wait. */
const STOP_WITHIN = 1_000

/** A channel over one WebSocket, each message a text frame, from the upgrade to its end. */
export function serveSocket (socket: WebSocket, request: FastifyRequest, { open, clock }: Served) {
  const wire = request.raw.socket
  let corked = false
  const close = request.server.pulse(socket, clock, () => {
    const refused = request.judgeAnew()
    if (refused !== null) close(4401, refused.message)
    return refused === null
  })

  /** What is said in one turn of the event loop leaves in one write. */
  function send (text: string) {
    if (socket.readyState !== socket.OPEN) return
    if (!corked) {
      corked = true
      wire.cork()
      process.nextTick(uncork)
    }
    socket.send(text)
  }
  function uncork () {
    corked = false
    wire.uncork()
    // Who does not read is not heard, until it does or is taken for gone.
    if (socket.bufferedAmount <= BACKLOG || socket.isPaused) return
    socket.pause()
    wire.once('drain', () => { socket.resume() })
  }

  const channel = open(request, {
    send,
    congested: () => socket.bufferedAmount > BACKLOG,
    refused (why) { close(4401, why) }
  })

  socket.on('message', (data: Buffer, isBinary) => {
    if (socket.readyState !== socket.OPEN) return
    if (isBinary) return close(1003, 'Messages are JSON text')
    channel.receive(read(data.toString()))
  })
  socket.on('close', () => { channel.close() })

  return {
    /** The server stops: what is about to be answered still is. */
    stop () {
      const stopped = () => { close(1001, 'The server stops', STOP_WITHIN) }
      clock.after(STOP_WITHIN, stopped)
      void channel.end().then(stopped)
    }
  }
}

function read (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return new RpcError(PARSE_ERROR, 'Parse error: each message must be JSON')
  }
}
