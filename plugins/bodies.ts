import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { textOf } from '../src/utf8.ts'

/** JSON as Fastify reads it, but for bytes that are no UTF-8, which it would replace. For routes that read no bodies in a way of their own. */
async function bodies (app: FastifyInstance): Promise<void> {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => { void parse(request, textOf(body), done) })
}

export default fp(bodies, { name: 'iris-bodies' })
