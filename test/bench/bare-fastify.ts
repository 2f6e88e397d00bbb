/** The least that Fastify can do for this answer: one route with a response schema. Argument: a file of peer.ts. */
import Fastify from 'fastify'
import { readTask } from './peer.ts'

const { path, body, schema } = readTask()
const app = Fastify()
app.get('/health/live', async () => ({ status: 'ok' }))
if (schema !== undefined) app.get(path, { schema: { response: { 200: schema } } }, async () => ({ ...body, timestamp: Date.now() }))
console.log(await app.listen({ host: '127.0.0.1', port: 0 }) + '\n')
