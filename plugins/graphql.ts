import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Api } from '../schemas/config.ts'
import { ValidationError } from '../src/errors.ts'
import { HangUp } from '../src/hang-up.ts'
import type { Tool } from '../src/tool.ts'
import { askedBy } from './graphql/asked.ts'
import type { Operation } from './graphql/engine.ts'
import type { Connection, Surroundings } from './graphql/socket.ts'
import { eventStreamTool } from './graphql/subscription.ts'

export interface GraphQLOptions extends Omit<Surroundings, 'eventStream' | 'clock'> {
  tools: readonly Tool[]
  clock: Surroundings['clock'] & { now (): number }
  api: () => Pick<Api, 'bodyLimit'>
}

const PROTOCOL = 'graphql-transport-ws'
const JSON_TYPE = 'application/graphql-response+json'

/**
 * `/graphql`: POST takes one operation as JSON, and a WebSocket of the protocol graphql-transport-ws takes operations and
 * subscriptions. All of GraphQL is loaded when the first of either comes.
 *
 * The socket is closed with the codes of that protocol, and with 1001 the server stops · 1003 a binary message · 1009 too large
 * a one (api.bodyLimit) · 1011 a fault of ours · 1013 too slow, the reason is `{"seq": <last event sent>}` · 4401 no key, a wrong
 * one, or one that was revoked · 4403 a key that may no longer hear what it subscribed to.
 */
async function graphql (app: FastifyInstance, { tools, clock, api, ...own }: GraphQLOptions): Promise<void> {
  const surroundings: Surroundings = { ...own, clock, eventStream: eventStreamTool() }
  let started: ReturnType<typeof start> | undefined
  const loaded = () => started ??= start()

  async function start () {
    const [{ createEngine }, { connect, createSocketServer }] = await Promise.all([import('./graphql/engine.ts'), import('./graphql/socket.ts')])
    const engine = await createEngine({ tools, eventStream: surroundings.eventStream, now: () => clock.now(), failed: app.fault })
    const server = createSocketServer(engine)
    return { engine, connect: (...[socket, request]: [Parameters<typeof connect>[0], Parameters<typeof connect>[1]]) => connect(socket, request, server, engine, surroundings) }
  }
  app.addHook('onClose', async () => { await (await started)?.engine.close() })

  await app.register(async scope => {
    scope.removeContentTypeParser('text/plain') // a form or plain text is what a web page can send elsewhere without asking
    const connections = await scope.takeSockets<Connection>({
      bodyLimit: api().bodyLimit,
      protocol: PROTOCOL,
      stop (connection) { connection.close(1001, 'The server stops') }
    })

    // Clients of GraphQL look for `errors`, whatever refused.
    scope.addHook('preSerialization', async (_request, reply, body: unknown) => {
      if (reply.statusCode < 400 || typeof body !== 'object' || body === null || 'errors' in body) return body
      return { ...body, errors: [{ message: (body as { message?: unknown }).message, extensions: body }] }
    })

    scope.route({
      method: 'POST',
      url: '/graphql',
      schema: { hide: true },
      config: { auth: true },
      async handler (request, reply) {
        const operation = operationOf(request.body)
        const { engine } = await loaded()
        const { answer, refused } = await engine.execute(operation, askedBy(request, own.call, new HangUp(reply.raw), request.headers['idempotency-key']))
        if (request.headers.accept?.includes(JSON_TYPE) === true) reply.type(`${JSON_TYPE}; charset=utf-8`)
        if (!refused) return answer
        const first = answer.errors![0]!.extensions as { statusCode: number }
        return reply.code(first.statusCode).send({ ...first, ...answer })
      }
    })
    scope.route({
      method: 'GET',
      url: '/graphql',
      schema: { hide: true },
      config: { auth: 'later' },
      exposeHeadRoute: false,
      handler () {
        throw new ValidationError(`POST an operation, or ask for an upgrade to a WebSocket of the protocol ${PROTOCOL}`)
      },
      wsHandler (socket, request) {
        socket.pause() // nothing is heard before somebody listens
        loaded().then(({ connect }) => {
          if (socket.readyState !== socket.OPEN) return // gone meanwhile: nobody would hear of its end
          connections.add(socket, connect(socket, request))
          socket.resume()
        }, (err: unknown) => {
          request.fault(err)
          socket.close(1011)
        })
      }
    })
  })
}

export default fp(graphql, { name: 'iris-graphql', dependencies: ['iris-auth', 'iris-limits', 'iris-upgrades'] })

/** The schema of `/graphql` with these tools, in the language of GraphQL. */
export async function graphqlSchema (tools: readonly Tool[]): Promise<string> {
  const { schemaText } = await import('./graphql/engine.ts')
  return schemaText(tools, eventStreamTool())
}

function operationOf (body: unknown): Operation {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new ValidationError('Send one operation as JSON: {"query": …, "variables": …, "operationName": …}')
  const { query, variables, operationName } = body as Record<string, unknown>
  if (typeof query !== 'string' || query === '') throw new ValidationError("'query' is required: a GraphQL document")
  if (variables != null && (typeof variables !== 'object' || Array.isArray(variables))) throw new ValidationError("'variables' must be an object")
  if (operationName != null && typeof operationName !== 'string') throw new ValidationError("'operationName' must be a string")
  return { query, ...(variables != null && { variables: variables as Record<string, unknown> }), ...(operationName != null && { operationName }) }
}
