import { Type, type Static } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'

/** As pino writes its lines: to make each by its general way costs twice as much. */
const Line = Type.Object({
  level: Type.Integer(),
  /** Unix ms */
  time: Type.Integer(),
  requestId: Type.String(),
  method: Type.String(),
  /** Without the query, which may hold what was said. */
  path: Type.String(),
  status: Type.Integer(),
  /** Until the answer was handed to the system, or its connection ended. */
  ms: Type.Number(),
  /** Of the caller's key; null where none was let in. */
  key: Type.Unsafe<string | null>({ type: 'string', nullable: true }),
  address: Type.String(),
  msg: Type.String()
})
const INFO = 30
/** The status of what was given up before its answer began, as proxies write it. */
const GIVEN_UP = 499

export interface RequestLogOptions {
  write (line: string): void
  /** Unix ms */
  now (): number
  /** ms since some moment */
  elapsed (): number
  /** Makes what writes values of a schema as JSON. */
  serializer (schema: object): (value: object) => string
}

/**
 * A line of JSON for each request at its end, streams at theirs: be it answered, refused, or given up by who asked; not for
 * one that becomes a socket. Never a header, a query or a body. Registered before whatever refuses.
 */
async function requestLog (app: FastifyInstance, { write, now, elapsed, serializer }: RequestLogOptions): Promise<void> {
  const json = serializer(Line)
  app.addHook('onRequest', (request, { raw: answer }, done) => {
    const { id, method, ip, raw: { url, headers: { upgrade } } } = request // one that has hung up has no address any more
    const began = elapsed()
    // Not a hook of the answer: Fastify would listen to its end and to its failing, and take both back, for more than the line costs.
    answer.on('close', () => {
      if (upgrade !== undefined && !answer.headersSent) return // a socket was made of it
      const query = url!.indexOf('?')
      write(json({
        level: INFO,
        time: now(),
        requestId: id,
        method,
        path: query < 0 ? url! : url!.slice(0, query),
        status: answer.headersSent ? answer.statusCode : GIVEN_UP,
        ms: Math.round((elapsed() - began) * 1000) / 1000,
        key: request.caller?.name ?? null,
        address: ip,
        msg: 'request'
      } satisfies Static<typeof Line>) + '\n')
    })
    done()
  })
}

export default fp(requestLog, { name: 'iris-request-log' })
