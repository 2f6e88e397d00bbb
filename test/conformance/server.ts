import Fastify, { type FastifyInstance } from 'fastify'
import errors from '../../plugins/errors.ts'
import mcp, { type McpOptions } from '../../plugins/mcp.ts'
import { systemClock } from '../../src/clock.ts'
import type { KeyedCall } from '../../src/idempotency.ts'
import type { Call, Caller } from '../../src/tool.ts'
import { content, needs, tools } from './tools.ts'

const caller: Caller = { name: 'suite', self: 'suite', permissions: new Set(['admin']), teams: null, as: null }
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Whether a Host, or an Origin, names this machine. */
function isLocal (url: string): boolean {
  return URL.canParse(url) && LOOPBACK.has(new URL(url).hostname)
}

/** The MCP plugin as the product has it, with the suite's tools and nothing behind them. */
export async function buildServer (): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true })
  app.decorateRequest('judgeAnew', () => null)
  app.addHook('onRequest', async ({ headers: { host, origin } }, reply) => {
    if (!isLocal(`http://${host}`) || (origin !== undefined && !isLocal(origin))) {
      return await reply.code(403).send({ message: 'Unknown Host or Origin' })
    }
  })
  const options: McpOptions = {
    tools,
    version: '0.0.0',
    now: systemClock.now,
    content,
    needs,
    call: (_request, own) => ({
      audit: { record () {} },
      clock: systemClock,
      // Remembers nothing but which work it is.
      idempotency: { once: async ({ key, perform }: KeyedCall) => await perform({ workId: String(key), stage: 'none' }) },
      caller,
      charge () {},
      emit: own.emit,
      get signal () { return own.signal },
      idempotencyKey: own.idempotencyKey
    }) as unknown as Call
  }
  await app.register(errors, { now: systemClock.now })
  await app.register(mcp, options)
  return app
}
