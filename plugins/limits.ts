import { normalizeIP } from '@fastify/rate-limit'
import LocalStore from '@fastify/rate-limit/store/LocalStore.js'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Api } from '../schemas/config.ts'
import { RateLimitedError, type IrisError } from '../src/errors.ts'
import type { Caller } from '../src/tool.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What a request of this caller would be to the limits, where its call comes by none: the same counts as for its requests. */
    requestOf (caller: Caller | null): Pick<FastifyRequest, 'caller' | 'count' | 'charge'>
  }
  interface FastifyRequest {
    /** Counts one more request of this caller, e.g. a frame of a socket. Throws RateLimitedError. */
    count (): void
    /** Counts against a limit beside that of requests. Throws RateLimitedError. */
    charge (bucket: 'tell'): void
  }
}

export interface LimitsOptions {
  /** Asked at each count, so that a reload is seen. Windows are in ms. */
  api: () => Pick<Api, 'rateLimit'>
}

interface Count { readonly max: number, /** ms */ readonly window: number, readonly current: number, /** s until the window ends */ readonly reset: number }
type Asker = Pick<FastifyRequest, 'caller'> & Partial<Pick<FastifyRequest, 'ip'>>

/** Keys whose counts are kept; the least used is forgotten first. */
const KEYS = 10_000

/**
 * One count per key, whatever it asks by: routes with `config.auth`, unknown routes, and the frames of sockets.
 * Comes after auth has learned who calls, and before auth refuses, so that guessing keys is limited too (by address).
 * The counts are those of the plugin's own store, asked directly: its hook awaits five times for each request, which costs more
 * than the rest of what stands before a small answer.
 */
async function limits (app: FastifyInstance, { api }: LimitsOptions): Promise<void> {
  const requests = new LocalStore(false, false, KEYS)
  const tells = new LocalStore(false, false, KEYS)

  function count (asker: Asker): Count {
    const { max, window } = api().rateLimit
    return add(requests, asker, asker.caller?.rateLimit ?? max, window)
  }

  function charge (asker: Asker): Count {
    const { tells: max, tellWindow } = api().rateLimit
    return add(tells, asker, max, tellWindow)
  }

  app.decorateRequest('count', function (this: FastifyRequest) { refuse(count(this), 'requests') })
  app.decorateRequest('charge', function (this: FastifyRequest) { refuse(charge(this), 'tells') })

  app.decorate('requestOf', (caller: Caller | null) => ({
    caller,
    count () { refuse(count(this), 'requests') },
    charge () { refuse(charge(this), 'tells') }
  }))

  const countRequest: onRequestHookHandler = (request, reply, done) => {
    const counted = count(request)
    const { max, current, reset } = counted
    reply.header('ratelimit-limit', max).header('ratelimit-remaining', Math.max(0, max - current)).header('ratelimit-reset', reset)
    done(excess(counted, 'requests'))
  }

  app.addHook('onRoute', route => {
    if (route.config?.auth !== undefined) route.onRequest = [countRequest].concat(route.onRequest ?? [])
  })
  app.addHook('onRequest', function (request, reply, done) {
    if (request.is404) countRequest.call(this, request, reply, done)
    else done()
  })
}

export default fp(limits, { name: 'iris-limits', dependencies: ['iris-auth'] })

/** One more. A socket that is closed already has no address. */
function add (store: LocalStore, { caller, ip }: Asker, max: number, window: number): Count {
  let found!: { current: number, ttl: number }
  store.incr(caller === null ? `ip:${normalizeIP(ip ?? '')}` : `key:${caller.name}`, (_err, counted) => { found = counted }, window, max)
  return { max, window, current: found.current, reset: Math.ceil(found.ttl / 1000) }
}

function excess ({ max, window, current, reset }: Count, what: string): IrisError | undefined {
  if (current <= max) return undefined
  return new RateLimitedError(`More than ${max} ${what} in ${window / 1000} s with this key. Try again in ${reset} s`, { details: { limit: max, retryAfter: reset } })
}

function refuse (counted: Count, what: string): void {
  const error = excess(counted, what)
  if (error !== undefined) throw error
}
