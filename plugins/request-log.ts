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
  /** Until the answer was handed to the system. */
  ms: Type.Number(),
  /** Of the caller's key; null where none was let in. */
  key: Type.Unsafe<string | null>({ type: 'string', nullable: true }),
  address: Type.String(),
  msg: Type.String()
})
const INFO = 30

export interface RequestLogOptions {
  write (line: string): void
  /** Unix ms */
  now (): number
  /** Makes what writes values of a schema as JSON. */
  serializer (schema: object): (value: object) => string
}

/** A line of JSON for each answer, sockets and streams at their end. Never a header, a query or a body. */
async function requestLog (app: FastifyInstance, { write, now, serializer }: RequestLogOptions): Promise<void> {
  const json = serializer(Line)
  app.addHook('onResponse', (request, reply, done) => {
    const { id, method, raw: { url }, caller, ip } = request
    const query = url!.indexOf('?')
    write(json({
      level: INFO,
      time: now(),
      requestId: id,
      method,
      path: query < 0 ? url! : url!.slice(0, query),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 1000) / 1000,
      key: caller?.name ?? null,
      address: ip,
      msg: 'request'
    } satisfies Static<typeof Line>) + '\n')
    done()
  })
}

export default fp(requestLog, { name: 'iris-request-log', dependencies: ['iris-auth'] })
