import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Metrics } from '../schemas/config.ts'
import { ForbiddenError, UnauthorizedError } from '../src/errors.ts'
import { holds } from '../src/tool.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether its answer is heard of. */
    measured: boolean
  }
}

export interface MetricsOptions {
  /** Asked at each reading, so that a reload is seen. */
  metrics: () => Pick<Metrics, 'open'>
  /** ms since some moment */
  elapsed (): number
  read (): Promise<{ type: string, text: string }>
  /** Hears of each answer of a route, `''` where there is none. `counted`: of the good ones it knows already. */
  route (method: string, url: string): { counted: boolean, answered (status: number, seconds: number): void }
  connected (socket: FastifyRequest['raw']['socket']): void
  /** Hears of each refusal, once. */
  refused? (request: FastifyRequest, err: Error): void
}

/** What says that somebody else asks than who is connected. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']
const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/

/**
 * Measures the routes that come after, and answers `/metrics`: to a key with that permission, or, where the configuration says
 * so, to any program of this machine. A reading counts against no limit, or a scraper would use them up; a refused one does.
 */
async function metrics (app: FastifyInstance, { metrics, elapsed, read, route, connected, refused }: MetricsOptions): Promise<void> {
  app.server.on('connection', connected)
  app.decorateRequest('measured', false)
  // Not a hook of each answer: Fastify would listen to two of its events, and take both back, for some hundredths of a small one.
  function measure (request: FastifyRequest, { raw }: FastifyReply, answered: ReturnType<typeof route>['answered']): void {
    if (request.measured) return
    request.measured = true
    const began = elapsed()
    raw.on('finish', () => { answered(raw.statusCode, (elapsed() - began) / 1000) })
  }
  app.addHook('onRoute', options => {
    const { method, url } = options
    const { counted, answered } = route([method].flat().join(), url)
    // Of those whose good answers are known, only failures are counted, without a time: calls of tools have theirs. Of the others what was refused before.
    options.onError = [options.onError ?? []].flat().concat((request, reply, _err, done) => {
      measure(request, reply, answered)
      done()
    })
    if (counted) return
    options.onRequest = [options.onRequest ?? []].flat()
    options.onRequest.unshift((request, reply, done) => {
      measure(request, reply, answered)
      done()
    })
  })
  const { answered: lost } = route('', '')
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) measure(request, reply, lost)
    done()
  })

  function refusalOf (request: FastifyRequest): Error | null {
    const { caller, authError } = request
    if (authError !== null) return authError
    if (caller === null) {
      if (metrics().open && isLocal(request)) return null
      return new UnauthorizedError("A key with the permission 'metrics' is needed, as the header Authorization: Bearer <key>")
    }
    if (!holds(caller, 'metrics')) return new ForbiddenError("This key lacks the permission 'metrics'")
    if (caller.teams !== null) return new ForbiddenError('Metrics are of all teams, and this key is held to some')
    return null
  }

  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    const refusal = refusalOf(request)
    if (refusal !== null) {
      request.count()
      if (request.authError === null) refused?.(request, refusal)
      throw refusal
    }
    const { type, text } = await read()
    return reply.type(type).header('cache-control', 'no-store').send(text)
  })
}

export default fp(metrics, { name: 'iris-metrics', dependencies: ['iris-auth', 'iris-limits'] })

/** Who is connected is of this machine, and nothing says that it asks for somebody else. */
function isLocal ({ raw: { socket, headers } }: FastifyRequest): boolean {
  return LOOPBACK.test(socket.remoteAddress ?? '') && !FORWARDED.some(name => headers[name] !== undefined)
}
