import type { FastifyRequest } from 'fastify'
import type { Call } from '../../src/tool.ts'
import type { Carrier, Extras } from './context.ts'

/** Who is at the other end of a channel: the request that it was opened by, or what stands for one where there was none. */
export type Peer = Pick<FastifyRequest, 'caller' | 'judgeAnew' | 'count' | 'charge' | 'fault'> & Partial<Pick<FastifyRequest, 'ip' | 'headers'>>

/** What the requests of a peer have of it. */
export function carrierOf<P extends Peer> (peer: P, call: (peer: P, extras: Extras) => Call): Carrier {
  return {
    call (extras) {
      const refused = extras.late === true ? peer.judgeAnew() : null
      if (refused !== null) throw refused
      return call(peer, extras)
    },
    failed (err) { peer.fault(err) }
  }
}
