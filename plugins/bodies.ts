import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { textOf } from '../src/utf8.ts'

/**
 * JSON as Fastify reads it, but for bytes that are no UTF-8, which it would replace, and keys like `__proto__`, which it would call
 * no JSON: each is a key of its own in what JSON.parse makes, and whoever reads the body refuses it by its name. For
 * routes that read no bodies in a way of their own.
 */
async function bodies (app: FastifyInstance): Promise<void> {
  const parse = app.getDefaultJsonParser('ignore', 'ignore')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => { void parse(request, textOf(body), done) })
}

export default fp(bodies, { name: 'iris-bodies' })
