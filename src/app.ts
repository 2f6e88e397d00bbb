import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify'
import auth from '../plugins/auth.ts'
import bodies from '../plugins/bodies.ts'
import { compilersFactory, serializerOf } from '../plugins/compilers.ts'
import errors, { earlyErrors } from '../plugins/errors.ts'
import graphql, { graphqlSchema } from '../plugins/graphql.ts'
import health from '../plugins/health.ts'
import limits from '../plugins/limits.ts'
import { createAgentTools } from '../plugins/mcp/agents.ts'
import mcp from '../plugins/mcp.ts'
import metricsRoute from '../plugins/metrics.ts'
import openapi, { openApi } from '../plugins/openapi.ts'
import page from '../plugins/page.ts'
import requestLog from '../plugins/request-log.ts'
import rest from '../plugins/rest.ts'
import security from '../plugins/security.ts'
import sse from '../plugins/sse.ts'
import upgrades, { upgradable } from '../plugins/upgrades.ts'
import websocket, { asyncApi } from '../plugins/websocket.ts'
import type { Health } from '../schemas/frame.ts'
import { outcomeOf } from './audit.ts'
import type { Published } from './bus/bus.ts'
import { ForbiddenError } from './errors.ts'
import { interests } from './interest.ts'
import { ANONYMOUS } from './keys.ts'
import { createMetrics } from './metrics/metrics.ts'
import type { Wiring } from './services.ts'
import type { Call, Caller, Tool } from './tool.ts'
import { tools as allTools } from './tools/index.ts'
import { VERSION } from './version.ts'

/** What a model is told of this server when it connects. */
const INSTRUCTIONS = 'Iris lets you talk to coding agents in other project directories, called teams. team_list shows them, team_tell asks one and waits for its answer. ' +
  'An answer that takes long comes back with a tellId and async: true: call tell_get with that tellId and wait: 30000 until its state is completed. Each pair of speaker and team has one lasting conversation.'

/** The pages and the library they use, as compiled, and what of them needs no compiling. Seen from dist/src. */
const PAGE = [
  ['page', '../clients/page'], ['page', '../../clients/page'], ['js/src', '../clients/js/src'],
  ['graphiql', '../clients/graphiql'], ['graphiql', '../../clients/graphiql']
] as const

/** Where no page is answered. */
const DATA = /^\/(api\/|mcp$|graphql$)/

export interface AppOptions {
  log?: FastifyBaseLogger
  /** Takes a line of JSON for each request. */
  answered?: (line: string) => void
  tools?: readonly Tool[]
  /** Whether new work is taken. */
  ready?: () => boolean
}

/** The list of plugins, in order: who may ask at all, who asks, how often, then what there is. */
export async function buildApp (services: Wiring, { log, answered, tools: given = allTools, ready = () => true }: AppOptions = {}): Promise<FastifyInstance> {
  const { clock, keys, version, config } = services
  const api = () => config().api
  const metrics = config().metrics.enabled ? createMetrics(services) : undefined
  const { tracing } = services
  await tracing?.load()
  const seen = tracing?.traced(given) ?? given
  const tools = metrics?.called(seen) ?? seen
  const { follow } = services.log
  const app = Fastify({
    // It is given no logger: it would listen to the end of each answer. Faults are logged where they are answered.
    bodyLimit: api().bodyLimit,
    trustProxy: api().trustProxy,
    return503OnClosing: false, // the tools say what a stopping server still does
    ...earlyErrors({ now: clock.now }),
    http: upgradable,
    genReqId: requestIds(),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    schemaController: { compilersFactory },
    routerOptions: { maxParamLength: 200 }
  })

  const refused = refusals(services)
  const call = (via: string) => callMaker(services, via)

  await app.register(errors, { now: clock.now, ...(log !== undefined && { log }) })
  await app.register(bodies)
  if (answered !== undefined) await app.register(requestLog, { write: answered, now: clock.now, elapsed: clock.elapsed, serializer: serializerOf })
  await app.register(security, { api, host: config().settings.host, data: DATA })
  await app.register(auth, { api, authenticate: keys.authenticate, anonymous: ANONYMOUS, refused })
  await app.register(limits, { api })
  if (metrics !== undefined) {
    await app.register(metricsRoute, { ...metrics, elapsed: clock.elapsed, metrics: () => config().metrics, refused: (request, err) => { refused(request, err, 'metrics') } })
    app.addHook('onClose', async () => { metrics.close() })
  }
  if (api().enabled) await app.register(openapi, documented(given, version))
  await app.register(health, { ready })
  await app.register(upgrades)
  const offer = { tools, version, instructions: INSTRUCTIONS, now: clock.now }
  await app.register(mcp, {
    ...offer,
    secret: services.store.secret('mcp'),
    serializer: serializerOf,
    call: call('mcp'),
    after: clock.after,
    channels: { clock, bodyLimit: api().bodyLimit }
  })
  const agentCall = call('agent')
  const agentTools = createAgentTools({
    ...offer,
    call: (caller, own) => agentCall(app.requestOf(caller), own),
    count: caller => app.requestOf(caller).count(),
    failed: app.fault
  })
  services.agentCalls.carriedBy(agentTools)
  app.addHook('onListen', done => {
    services.agentCalls.carriedBy({ url: reachedAt(app.addresses()[0] as AddressInfo) })
    done()
  })
  if (!api().enabled) return app
  await app.register(page, { folders: PAGE.map(([path, folder]) => [path, fileURLToPath(new URL(folder, import.meta.url))] as const) })
  await app.register(rest, { prefix: '/api', tools, call: call('rest') })
  await app.register(sse, {
    prefix: '/api',
    clock,
    begin: services.log.begin,
    follow: metrics?.followed('sse', follow) ?? follow,
    interests (request, rooms) {
      try {
        // Its key may come to reach less; the stream's beat looks who it is now.
        const reaches = (team: string) => request.caller?.teams?.has(team) ?? request.caller !== null
        return interests(rooms, { ...services, caller: request.caller! })
          .map(({ room, wants }) => ({ room, wants: (published: Published) => reaches(published.team) && wants(published) }))
      } catch (err) {
        if (err instanceof ForbiddenError) refused(request, err, 'event_stream')
        throw err
      }
    }
  })
  const sockets = {
    tools,
    api,
    clock,
    begin: services.log.begin,
    follow,
    interests: (caller: Caller, rooms: readonly string[] | undefined) => interests(rooms, { ...services, caller })
  }
  await app.register(websocket, {
    ...sockets,
    version,
    call: call('websocket'),
    head: services.log.head,
    clients: metrics?.clients('websocket'),
    health: caller => healthOf(services, caller)
  })
  await app.register(graphql, { ...sockets, call: call('graphql') })
  return app
}

/** Random by their first part, which is this server's run; to draw each one anew costs more. */
function requestIds (): () => string {
  const run = randomUUID().slice(0, 13)
  let count = 0
  return () => `${run}-${++count}`
}

type Own = Pick<Call, 'signal' | 'emit' | 'patience' | 'idempotencyKey'>
/** What of a request a call is made with; one that came by no request has no address. */
type Asked = Pick<FastifyRequest, 'caller' | 'charge'> & Partial<Pick<FastifyRequest, 'ip' | 'headers'>>
interface Made { own: Own, request: Asked }

/**
 * What every call has is on one prototype: an object literal with an accessor, or so many fields, made for each request
 * costs more than most tools do. The signal is made by whoever asks for it.
 */
function callMaker (services: Wiring, via: string): (request: Asked, own: Own) => Call {
  const base = Object.create(services, Object.getOwnPropertyDescriptors({
    via,
    get address () { return (this as unknown as Made).request.ip },
    get headers () { return (this as unknown as Made).request.headers },
    get signal () { return (this as unknown as Made).own.signal },
    charge (bucket: 'tell') { return (this as unknown as Made).request.charge(bucket) }
  })) as Call
  return (request, own) => {
    const call = Object.create(base) as { -readonly [K in keyof Call]: Call[K] } & Made
    call.own = own
    call.request = request
    call.caller = request.caller!
    call.emit = own.emit
    if (own.patience !== undefined) call.patience = own.patience
    if (own.idempotencyKey !== undefined) call.idempotencyKey = own.idempotencyKey
    return call
  }
}

/** The address for a program of this machine; where all addresses are listened at, loopback is one. */
function reachedAt ({ address, family, port }: AddressInfo): string {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`
}

/** Records who is refused before any tool: of the caller only the name of a known key. */
const refusals = ({ audit }: Wiring) => ({ caller, ip, routeOptions: { url = '' } }: Pick<FastifyRequest, 'caller' | 'routeOptions'> & Partial<Pick<FastifyRequest, 'ip'>>, err: Error, tool = 'authenticate') => {
  const via = url === '/ws' ? 'websocket' : url === '/mcp' ? 'mcp' : url === '/graphql' ? 'graphql' : url.startsWith('/api/') ? 'rest' : 'http'
  audit.refuse({ caller: caller?.name ?? null, via, address: ip ?? null, tool, outcome: outcomeOf(err) })
}

/** What `health:check` says: of the teams that the caller reaches. */
function healthOf ({ pool, tells, clock, startedAt }: Wiring, { teams }: Caller): Health {
  const { total, max } = pool.size(teams)
  return { totalProcesses: total, maxProcesses: max, ...tells.count(teams), uptime: clock.now() - startedAt, timestamp: clock.now() }
}

/** The AsyncAPI document of the WebSocket, without a server. */
export const asyncApiDocument = () => asyncApi(allTools, VERSION)

/** The schema of GraphQL, without a server. */
export const graphqlDocument = (tools: readonly Tool[] = allTools) => graphqlSchema(tools)

/** The OpenAPI document of the tools, without a server. */
export const openApiDocument = (tools: readonly Tool[] = allTools) => openApi(documented(tools, VERSION))

const documented = (tools: readonly Tool[], version: string) => ({
  version,
  schemaController: { compilersFactory },
  async routes (app: FastifyInstance) {
    await app.register(rest, { prefix: '/api', tools, call: () => { throw new Error('There is nothing to call here') } })
  }
})
