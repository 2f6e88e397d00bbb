import type { FastifyRequest } from 'fastify'

/** What a socket needs of the request that it came by, for as long as it lives. */
export type Peer = Pick<FastifyRequest, 'id' | 'ip' | 'headers' | 'caller' | 'token' | 'authError' | 'identify' | 'judgeAnew' | 'count' | 'charge' | 'fault' | 'routeOptions'>

/** The headers that are read after the upgrade: whom it speaks as, and which trace its calls are part of. */
const KEPT = ['iris-as', 'traceparent', 'tracestate'] as const
const NONE = Object.freeze({})

/** Takes that alone out of the requests of one route: the rest of each, all that HTTP has of it, would be some kilobytes of an idle socket. */
export function peers (): (request: FastifyRequest) => Peer {
  let routeOptions: FastifyRequest['routeOptions'] | undefined
  return request => {
    const { id, ip, headers, caller, token, authError } = request
    const kept = KEPT.filter(name => headers[name] !== undefined)
    return {
      id,
      ip,
      headers: kept.length === 0 ? NONE : Object.fromEntries(kept.map(name => [name, headers[name]])),
      caller,
      token,
      authError,
      identify: request.identify,
      judgeAnew: request.judgeAnew,
      count: request.count,
      charge: request.charge,
      fault: request.fault,
      routeOptions: routeOptions ??= request.routeOptions
    }
  }
}
