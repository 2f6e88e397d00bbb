/** The least that Fastify can do for this answer: one route with a response schema, and one that gives it to a message of MCP. Argument: a file of peer.ts. */
import Fastify from 'fastify'
import { readTask } from './peer.ts'

const { path, body, schema } = readTask()
const app = Fastify()
app.get('/health/live', async () => ({ status: 'ok' }))
const answer = () => ({ ...body, timestamp: Date.now() })
if (schema !== undefined) {
  app.get(path, { schema: { response: { 200: schema } } }, async () => answer())
  app.post<{ Body: { id: number } }>(path, { schema: { response: { 200: resultOf(schema) } } }, async ({ body: { id } }) => {
    const structuredContent = answer()
    return { jsonrpc: '2.0', id, result: { resultType: 'complete', content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent } }
  })
}
console.log(await app.listen({ host: '127.0.0.1', port: 0 }) + '\n')

function resultOf (schema: object): object {
  const text = { type: 'string' }
  const object = (properties: object) => ({ type: 'object', properties })
  const content = { type: 'array', items: object({ type: text, text }) }
  return object({ jsonrpc: text, id: { type: 'number' }, result: object({ resultType: text, content, structuredContent: schema }) })
}
