import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Api } from '../schemas/config.ts'
import { RateLimitedError } from '../src/errors.ts'
import type { Caller } from '../src/tool.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What a request of this caller would be to the limits, where its call comes by none: the same counts as for its requests. */
    requestOf (caller: Caller): Pick<FastifyRequest, 'caller' | 'count' | 'charge'>
  }
  interface FastifyRequest {
    /** Counts one more request of this caller, e.g. a frame of a socket. Throws RateLimitedError. */
    count (): Promise<void>
    /** Counts against a limit beside that of requests. Throws RateLimitedError. */
    charge (bucket: 'tell'): Promise<void>
  }
}

export interface LimitsOptions {
  /** Asked at each count, so that a reload is seen. Windows are in ms. */
  api: () => Pick<Api, 'rateLimit'>
}

type Counter = ReturnType<FastifyInstance['createRateLimit']>
type Spent = Extract<Awaited<ReturnType<Counter>>, { isAllowed: false }>

/** Keys whose counts are kept; the least used is forgotten first. */
const KEYS = 10_000

/**
 * One count per key, whatever it asks by: routes with `config.auth`, unknown routes, and the frames of sockets.
 * Comes after auth has learned who calls, and before auth refuses, so that guessing keys is limited too (by address).
 */
async function limits (app: FastifyInstance, { api }: LimitsOptions): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    cache: KEYS,
    // A socket that is closed already has no address.
    keyGenerator: ({ caller, ip }: { caller: FastifyRequest['caller'], ip: string | undefined }) => caller === null ? `ip:${normalizeIP(ip ?? '')}` : `key:${caller.name}`,
    max: request => request.caller?.rateLimit ?? api().rateLimit.max,
    timeWindow: () => api().rateLimit.window
  })
  const requests = app.createRateLimit()
  const tells = app.createRateLimit({ max: () => api().rateLimit.tells, timeWindow: () => api().rateLimit.tellWindow })

  app.decorateRequest('count', async function (this: FastifyRequest) { refuse(await spend(requests, this), 'requests') })
  app.decorateRequest('charge', async function (this: FastifyRequest) { refuse(await spend(tells, this), 'tells') })

  app.decorate('requestOf', (caller: Caller) => {
    const request = {
      caller,
      routeOptions: {}, // read by the counters
      count: async () => { refuse(await spend(requests, request), 'requests') },
      charge: async () => { refuse(await spend(tells, request), 'tells') }
    } as unknown as FastifyRequest
    return request
  })

  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.auth === undefined && !request.is404) return done()
    spend(requests, request).then(spent => {
      reply.headers({ 'ratelimit-limit': spent.max, 'ratelimit-remaining': spent.remaining, 'ratelimit-reset': spent.ttlInSeconds })
      refuse(spent, 'requests')
    }).then(() => { done() }, done)
  })
}

export default fp(limits, { name: 'iris-limits', dependencies: ['iris-auth'] })

function spend (counter: Counter, request: FastifyRequest): Promise<Spent> {
  return counter(request) as Promise<Spent> // the other member of its type is for allow lists, and there is none
}

function refuse ({ isExceeded, max, timeWindow, ttlInSeconds }: Spent, what: string): void {
  if (!isExceeded) return
  throw new RateLimitedError(`More than ${max} ${what} in ${timeWindow / 1000} s with this key. Try again in ${ttlInSeconds} s`,
    { details: { limit: max, retryAfter: ttlInSeconds } })
}
