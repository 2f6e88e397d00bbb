import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { ErrorBody } from '../../schemas/error.ts'
import { link, type Linked } from './links.ts'

export interface DocumentOptions {
  version: string
  /** As of the server that calls the routes. */
  schemaController?: FastifyServerOptions['schemaController']
  /** Registers the routes that are described. None of them is called. */
  routes (app: FastifyInstance): Promise<unknown>
}

interface Operation extends Linked {
  tags?: string[]
  security?: object[]
  requestBody?: { required?: boolean, content: { 'application/json': { schema: { required?: string[] } } } }
  /** What the tool says that it refuses with. */
  'x-refusals'?: number[]
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  tags: object[]
  components: object
}

/** What the first half of a tool's name stands for. */
const NOUNS: Record<string, string> = {
  team: 'Project directories and the agents that work in them',
  session: 'Lasting conversations of two: who speaks, and the team that answers',
  tell: 'One message and its answer',
  cache: 'What was said in a session',
  event: 'What happened, by number',
  approval: 'Questions of agents: may I use this tool?',
  webhook: 'Addresses that are told what happens',
  key: 'Who may do what',
  system: 'The server itself'
}

/** What operations are refused with. */
const REFUSALS: Record<string, string> = {
  400: 'The input is malformed',
  401: 'No key, or one that is wrong, expired or revoked',
  403: 'The key lacks the permission, or does not reach the team; or the Host or Origin is unknown',
  404: 'There is no such thing: a team, or what has that id',
  408: 'No answer in time. The tell goes on, and details.tellId says which it is',
  409: 'Not as things stand: it is busy, over or decided already, or would wait for itself',
  413: 'The body is larger than this server takes',
  422: 'The idempotency key was used before with another input',
  429: 'Over the limit of this key, or of a queue; Retry-After says when to come back',
  502: 'The agent failed, or could not be started',
  503: 'No place for another agent, or the server stops',
  default: 'Any other error, in the same shape'
}
/** Those that any operation may meet before it begins. */
const ANY = ['400', '401', '403', '429', 'default']
const HEADERS: Record<string, object> = {
  401: { 'WWW-Authenticate': { required: true, description: 'Bearer', schema: { type: 'string' } } },
  429: { 'Retry-After': { description: 's', schema: { type: 'integer' } } }
}

/** The page runs its own scripts and talks to this server alone. Its styles are inline. */
const PAGE_POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'"
}

/** A bar to open other documents, and the choice of a server, of which there is one: the page shows it as `..`, from where it is seen. */
const HIDDEN = '.swagger-ui .topbar, .swagger-ui .scheme-container .schemes > .schemes-server-container { display: none } .swagger-ui .auth-wrapper { margin-left: auto }'

/** A server that listens nowhere: it has the document of these routes at `/openapi.json` and by `swagger()`, and a page to try it at `/docs`. */
export async function createDocuments ({ version, schemaController, routes }: DocumentOptions): Promise<FastifyInstance> {
  const app = Fastify({ exposeHeadRoutes: false, ...(schemaController !== undefined && { schemaController }) })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Iris',
        version,
        description: 'Lets anything talk to coding agents. Every operation is a tool of the same name over MCP and WebSocket. GraphQL: [graphiql](graphiql).',
        license: { name: 'MIT', identifier: 'MIT' } as { name: string }
      },
      externalDocs: { url: 'docs/events', description: 'The WebSocket\'s requests and events' },
      servers: [{ url: '.', description: 'This server' }] // seen from /openapi.json: the server may lie below a path of a proxy
    },
    stripBasePath: false,
    transformObject: document => complete((document as unknown as { openapiObject: Document }).openapiObject) as never
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    indexPrefix: '.',
    transformSpecification: document => ({ ...document, servers: [{ url: '..', description: 'This server' }] }), // seen from /docs/json
    transformSpecificationClone: false,
    staticCSP: PAGE_POLICY,
    uiConfig: { displayOperationId: true, displayRequestDuration: true, docExpansion: 'list', tryItOutEnabled: true, validatorUrl: null },
    theme: { title: 'Iris API', css: [{ filename: 'iris.css', content: HIDDEN }] }
  })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  await routes(app)
  await app.ready()
  return app
}

/** What is the same for all operations, said once here and not on every route. */
function complete (document: Document): Document {
  const plain = JSON.parse(JSON.stringify(document)) as Document // TypeBox's symbols stay behind
  const nouns = new Set<string>()
  const operations = Object.values(plain.paths).flatMap(path => Object.values(path))
  for (const operation of operations) {
    const { operationId, requestBody, responses } = operation
    const noun = operationId.split('_')[0]!
    nouns.add(noun)
    operation.tags = [noun]
    operation.security = [{ key: [] }]
    if (requestBody !== undefined) requestBody.required = (requestBody.content['application/json'].schema.required ?? []).length > 0
    responses['200'] = { ...responses['200'], description: 'Done' }
    for (const status of refusalsOf(operation)) responses[status] = { $ref: `#/components/responses/${nameOf(status)}` } as object
    delete operation['x-refusals']
  }
  link(operations)
  plain.tags = [...nouns].map(name => ({ name, ...(NOUNS[name] !== undefined && { description: NOUNS[name] }) }))
  plain.components = {
    securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key: `iris key create` makes one' } },
    schemas: { ErrorBody: JSON.parse(JSON.stringify(ErrorBody)) as object },
    responses: Object.fromEntries(Object.entries(REFUSALS).map(([status, description]) => [nameOf(status), {
      description,
      ...(HEADERS[status] !== undefined && { headers: HEADERS[status] }),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } }
    }]))
  }
  return plain
}

/** What follows from its shape, and what its tool says. */
function refusalsOf ({ parameters = [], requestBody, 'x-refusals': own = [] }: Operation): string[] {
  const all = new Set([...ANY, ...own.map(String)])
  if (parameters.some(one => one.in === 'path')) all.add('404')
  if (requestBody !== undefined) all.add('413')
  if (parameters.some(({ name }) => name === 'idempotency-key')) all.add('422')
  return [...all].sort()
}

const nameOf = (status: string) => status === 'default' ? 'Error' : `Error${status}`
