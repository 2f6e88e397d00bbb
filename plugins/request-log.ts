import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'

export interface Line {
  requestId: string
  method: string
  /** Without the query, which may hold what was said. */
  path: string
  status: number
  /** Until the answer was handed to the system. */
  ms: number
  /** Of the caller's key; null where none was let in. */
  key: string | null
  address: string
}

/** A line for each answer, sockets and streams at their end. Never a header, a query or a body. */
async function requestLog (app: FastifyInstance, { write }: { write (line: Line): void }): Promise<void> {
  app.addHook('onResponse', (request, reply, done) => {
    const { id, method, raw: { url }, caller, ip } = request
    const query = url!.indexOf('?')
    write({
      requestId: id,
      method,
      path: query < 0 ? url! : url!.slice(0, query),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 1000) / 1000,
      key: caller?.name ?? null,
      address: ip
    })
    done()
  })
}

export default fp(requestLog, { name: 'iris-request-log', dependencies: ['iris-auth'] })
