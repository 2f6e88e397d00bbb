import cors, { type FastifyCorsOptions } from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Api } from '../schemas/config.ts'
import { ForbiddenError } from '../src/errors.ts'

export interface SecurityOptions {
  /** Asked for every request, so that a reload is seen. */
  api: () => Pick<Api, 'cors' | 'hosts'>
  /** The address that is bound. */
  host: string
  /** The paths whose answers are data: no browser shows them as a page. */
  data: RegExp
}

const HOST = /^(\[[0-9a-f:.]+\]|[^:@/\\?#[\]\s]+)(?::\d{1,5})?$/
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|(?:[^.]+\.)*localhost)$/

/** The headers that matter where no page is shown: it may not be run, framed, or loaded by another origin, whatever it is taken for. */
const OF_DATA = ['content-security-policy', 'cross-origin-resource-policy', 'x-content-type-options']

/** What a page on an allowed origin may read of an answer. */
const EXPOSED = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after', 'x-request-id', 'www-authenticate', 'mcp-session-id']

/**
 * Who may ask at all, before any key is looked at: a web page that made its own name point to this machine (DNS rebinding)
 * has the wrong Host, a page of another origin has the wrong Origin. The same for REST, MCP and the WebSocket upgrade.
 * Then CORS for the origins that are allowed, and the security headers of every answer.
 */
async function security (app: FastifyInstance, { api, host, data }: SecurityOptions): Promise<void> {
  const { ofPages, ofData } = await helmetHeaders()
  const bound = host.includes(':') ? `[${host}]` : host.toLowerCase()

  /** The last Host that was let in, and the list by which it was. Most requests name the same one. */
  let last: { host: string | undefined, hosts: readonly string[] } | undefined

  function answersTo (host: string | undefined): boolean {
    const { hosts } = api()
    if (last?.host === host && last?.hosts === hosts) return true
    const name = HOST.exec(host?.toLowerCase() ?? '')?.[1]
    if (name === undefined || !(LOOPBACK.test(name) || name === bound || hosts.some(one => one.toLowerCase() === name))) return false
    last = { host, hosts }
    return true
  }

  app.addHook('onRequest', (request, reply, done) => {
    const { host, origin, upgrade } = request.headers
    reply.headers(data.test(request.url) ? ofData : ofPages).header('x-request-id', request.id)
    if (upgrade?.toLowerCase() === 'websocket') endAfter(reply)
    if (!answersTo(host)) return done(new ForbiddenError('This server does not answer to that Host name. api.hosts in config.yaml lists further ones'))
    if (origin !== undefined && !ownOrigin(origin.toLowerCase(), host!.toLowerCase()) && !listed(origin.toLowerCase())) {
      return done(new ForbiddenError('Pages of this Origin may not call this server. api.cors in config.yaml lists those that may'))
    }
    done()
  })

  const crossOrigin = await hookOf(app, cors, {
    origin: (origin, decide) => decide(null, origin !== undefined && listed(origin.toLowerCase())),
    methods: ['GET', 'POST', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: 600,
    strictPreflight: false // its refusal is no error body; an OPTIONS that is no preflight is an unknown route here
  })
  // Without an Origin, and but for preflights, the plugin has nothing to do; its hook costs a tenth of a small answer.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.origin !== undefined || request.method === 'OPTIONS') crossOrigin(request, reply, done)
    else done()
  })

  function listed (origin: string): boolean {
    return api().cors.some(one => one.toLowerCase() === origin)
  }
}

export default fp(security, { name: 'iris-security' })

const ownOrigin = (origin: string, host: string) => origin === `http://${host}` || origin === `https://${host}`

/** No parser reads on after an upgrade, so one that is answered by anything but a socket must end its connection. */
function endAfter ({ raw }: FastifyReply): void {
  const { socket } = raw
  raw.once('finish', () => { socket?.destroy() })
}

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (err?: Error) => void) => void

/** Registers a plugin without its one `onRequest` hook, which is returned: so it runs only where it has something to do. */
async function hookOf (app: FastifyInstance, plugin: typeof cors, options: FastifyCorsOptions): Promise<Hook> {
  let hook: Hook | undefined
  const scope = Object.create(app, { addHook: { value: (_name: 'onRequest', given: Hook) => { hook = given } } }) as FastifyInstance
  await new Promise<void>((resolve, reject) => { void plugin(scope, options, err => { if (err) reject(err); else resolve() }) })
  return hook!
}

/** In the place of compilers of schemas, which Fastify loads for any server, where there are no schemas. */
const NONE = (): never => { throw new Error('There is nothing to compile here') }

/**
 * The headers helmet sets, taken down once: per request the plugin costs more than the rest of a small answer.
 * An answer of an API is data, so nothing in it may load, run or be framed; a page brings its own policy.
 * What only speaks to old browsers is left out. No HSTS: whoever ends TLS in front of us decides that, and on `localhost` it
 * would catch every other local server. What only concerns a document, or one that opens it, is left out of data; nor does it vary:
 * it is asked for with a key, so nobody may keep it for another.
 */
async function helmetHeaders () {
  const probe = Fastify({ schemaController: { compilersFactory: { buildValidator: NONE, buildSerializer: NONE } } })
  await probe.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] } },
    strictTransportSecurity: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false
  })
  probe.get('/', (_request, reply) => reply.send(reply.raw.getHeaders()))
  const response = await probe.inject('/')
  await probe.close()
  const all = response.json<Record<string, string>>()
  const ofData = Object.fromEntries(OF_DATA.map(name => [name, all[name]!]))
  return { ofPages: { ...all, vary: 'Origin' }, ofData }
}
