import type { Duplex } from 'node:stream'
import fp from 'fastify-plugin'
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import { IrisError, MethodNotAllowedError, NotFoundError, PayloadTooLargeError, ValidationError, toErrorBody } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Logs a fault of ours that no request is answered with. */
    fault (this: void, err: unknown): void
    /** Says to a connection whose request has no reply that it is malformed, and ends it. */
    refuse (this: void, socket: Duplex, message: string): void
  }
  interface FastifyRequest {
    /** Logs a fault of ours. What it is answered with says nothing of it. */
    fault (err: unknown): void
  }
}

export interface ErrorsOptions {
  /** Unix ms */
  now (): number
  /** Where faults of ours go; without it the server's own log. */
  log?: Pick<FastifyBaseLogger, 'error'>
}

/** Every answer of 400 and above is the one error body, whoever refused: a tool, a hook, or Fastify before any of them. */
async function errors (app: FastifyInstance, { now, log = app.log }: ErrorsOptions): Promise<void> {
  app.decorate('fault', (err: unknown) => { log.error({ err }, 'a fault of ours') })
  app.decorateRequest('fault', function (this: FastifyRequest, err: unknown) { log.error({ err, requestId: this.id }, 'a fault of ours') })
  app.decorate('refuse', (socket: Duplex, message: string) => { refuse(socket, message, now()) })
  const paths = new Map<string, Path>()
  app.addHook('onRoute', ({ method, url }) => {
    if (url === '*') return // takes what nothing else does
    let path = paths.get(url)
    if (path === undefined) paths.set(url, path = { pattern: patternOf(url), methods: new Set() })
    for (const one of [method].flat()) path.methods.add(one)
  })

  /** Of a request that no route takes: by its method, or at all. */
  function missing (request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const path = request.url.split('?', 1)[0]!
    const methods = new Set([...paths.values()].filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods]))
    const named = path.slice(0, 200)
    if (methods.size === 0 || methods.has(request.method)) return answer(new NotFoundError(`There is no ${request.method} ${named}. /openapi.json lists what there is`), request, reply, now())
    const allowed = [...methods].sort().join(', ')
    reply.header('allow', allowed)
    return answer(new MethodNotAllowedError(`There is no ${request.method} ${named}, but ${allowed}`), request, reply, now())
  }

  // Where there is no route, what else is wrong with a request does not matter: but for refusals of ours, as over a limit.
  app.setErrorHandler((err, request, reply) => request.is404 && (err as FastifyError).code?.startsWith('FST_') ? missing(request, reply) : answer(toRow(err), request, reply, now()))
  app.setNotFoundHandler(missing)
}

interface Path { pattern: RegExp, methods: Set<string> }

/** Which paths a route takes: parameters are one step of it, a star is the rest. */
const patternOf = (url: string) => new RegExp(`^${url.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:\w+/g, '[^/]+').replace(/\*$/, '.*')}$`)

export default fp(errors, { name: 'iris-errors' })

/** What Fastify's constructor needs for requests that fail before any hook: bad URLs, broken HTTP, a failing router. */
export function earlyErrors ({ now }: Pick<ErrorsOptions, 'now'>): Required<Pick<FastifyServerOptions, 'frameworkErrors' | 'clientErrorHandler'>> {
  return {
    frameworkErrors (err, request, reply) {
      reply.header('x-request-id', request.id)
      // No parser reads on after an upgrade, and no hook runs here to end its connection.
      if (request.headers.upgrade !== undefined) reply.raw.once('finish', () => { request.raw.socket.destroy() })
      void answer(toRow(err), request, reply, now())
    },
    clientErrorHandler (err, socket) {
      if (err.code === 'ECONNRESET' || !socket.writable) {
        socket.destroy()
        return
      }
      refuse(socket, BROKEN[err.code] ?? 'This is not a well-formed HTTP request', now())
    }
  }
}

function refuse (socket: Duplex, message: string, now: number): void {
  const text = JSON.stringify(toErrorBody(new ValidationError(message), now))
  socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`)
}

const BROKEN: Partial<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'The headers of this request are too large',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request took too long to arrive'
}

/** Fastify's own refusals in our rows and words. What is none of these stays as it is: a fault of ours. */
function toRow (err: unknown): unknown {
  const { code, statusCode = 500, message } = err as FastifyError
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ValidationError('Send JSON, with the header Content-Type: application/json', { cause: err })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new ValidationError('The body is not valid JSON', { cause: err })
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new PayloadTooLargeError('The body is larger than this server takes (api.bodyLimit in config.yaml)', { cause: err })
    case 'FST_ERR_BAD_URL':
      return new ValidationError('The path of the URL is not well encoded', { cause: err })
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ValidationError('A part of the path is too long', { cause: err })
    case 'ECONNRESET':
      return new ValidationError('The request was cut off', { cause: err })
  }
  return code?.startsWith('FST_') && statusCode >= 400 && statusCode < 500 ? new ValidationError(message, { cause: err }) : err
}

function answer (err: unknown, request: FastifyRequest, reply: FastifyReply, now: number): FastifyReply {
  if (!(err instanceof IrisError)) request.fault(err)
  const body = toErrorBody(err, now)
  const retryAfter = body.details?.retryAfter
  if (typeof retryAfter === 'number') reply.header('retry-after', Math.ceil(retryAfter))
  // RFC 6750: a request that brought no token is told the scheme and nothing more.
  if (body.statusCode === 401) reply.header('www-authenticate', request.token == null ? 'Bearer' : 'Bearer error="invalid_token"')
  return reply.code(body.statusCode).type('application/json; charset=utf-8').send(body)
}
