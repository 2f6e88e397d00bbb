import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DocumentOptions } from './openapi/documents.ts'

/** What of a request decides how a file is answered. */
const CONDITIONS = ['if-none-match', 'if-modified-since', 'range', 'if-range'] as const

/** What is of a connection and a moment: each server says it itself. */
const OWN = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding'])

/**
 * `/openapi.json`, and a page to try it at `/docs`. What makes them takes as long to load as the rest of the server to start:
 * it stands behind this one, is made when one of them is first wanted, and answers in its name.
 */
export default async function openapi (app: FastifyInstance, options: DocumentOptions): Promise<void> {
  let making: Promise<FastifyInstance> | undefined
  const documents = () => making ??= create(options)

  async function answer ({ method, url, headers }: FastifyRequest, reply: FastifyReply) {
    const conditions = Object.fromEntries(CONDITIONS.flatMap(name => headers[name] === undefined ? [] : [[name, headers[name]]]))
    const found = await (await documents()).inject({ method: method as 'GET', url, headers: conditions })
    if (found.statusCode === 404) return reply.callNotFound()
    for (const [name, value] of Object.entries(found.headers)) if (!OWN.has(name)) reply.header(name, value)
    return reply.code(found.statusCode).send(found.rawPayload.length === 0 ? undefined : found.rawPayload)
  }

  for (const url of ['/openapi.json', '/docs', '/docs/', '/docs/json', '/docs/yaml']) app.get(url, { schema: { hide: true } }, answer)
  app.route({ method: ['GET', 'HEAD'], url: '/docs/static/*', schema: { hide: true }, handler: answer })
  app.addHook('onClose', async () => { await making?.then(made => made.close(), () => {}) })
}

/** The document of these routes, without a server. */
export async function openApi (options: DocumentOptions): Promise<object> {
  const documents = await create(options)
  return documents.swagger()
}

async function create (options: DocumentOptions): Promise<FastifyInstance> {
  const { createDocuments } = await import('./openapi/documents.ts')
  return await createDocuments(options)
}
