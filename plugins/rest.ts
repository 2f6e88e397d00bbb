import { Type, type TObject, type TSchema } from '@sinclair/typebox'
import type { ValidateFunction } from 'ajv'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createAjv } from '../src/ajv.ts'
import { ValidationError } from '../src/errors.ts'
import { HangUp } from '../src/hang-up.ts'
import type { Call, Tool } from '../src/tool.ts'
import { textOf } from '../src/utf8.ts'

export interface RestOptions {
  tools: readonly Tool[]
  /** The call of one tool by whoever sent this request. `own.signal` is made when it is read: hand it on unread. */
  call (request: FastifyRequest, own: Pick<Call, 'signal' | 'emit' | 'idempotencyKey'>): Call
}

type Fields = Record<string, unknown>

/** Each tool becomes one route, and one more, undocumented, for each alias. Register it with the prefix `/api`. */
export default async function rest (app: FastifyInstance, { tools, call }: RestOptions): Promise<void> {
  acceptJson(app)
  // The schemas of a route are its documentation: the tool itself judges, in the same words on every transport.
  app.setValidatorCompiler(() => () => true)

  for (const tool of tools) {
    const { method, url, aliases = [] } = tool.http
    const coerce = coercion(tool.input)
    const handler = (request: FastifyRequest, reply: FastifyReply) => tool.run(
      join(coerce(request.params), coerce(request.query), request.body),
      call(request, new Asker(reply, request.headers['idempotency-key']))
    )
    const route = { method, config: { auth: true as const }, exposeHeadRoute: false, handler }
    app.route({ ...route, url, schema: documentation(tool) })
    for (const alias of aliases) app.route({ ...route, url: alias, schema: { hide: true, response: { 200: tool.output } } })
  }
}

/** Only JSON is taken: a form or plain text is what a web page can send elsewhere without asking. No body at all is fine. */
function acceptJson (app: FastifyInstance): void {
  // A key like `__proto__` is one of its own in what JSON.parse makes: the tool refuses it by its name, as everywhere.
  const parse = app.getDefaultJsonParser('ignore', 'ignore')
  app.removeContentTypeParser(['application/json', 'text/plain'])
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    const body = textOf(bytes)
    if (body.trim() === '') return done(null, undefined)
    void parse(request, body, (err, value) => {
      // Elsewhere no input at all may be written so; here there is a shorter way.
      if (value === null) done(new ValidationError('The body must be a JSON object'))
      else done(err, value)
    })
  })
}

function documentation ({ name, title, description, input, output, refusals, http: { method, url } }: Tool) {
  const inPath = new Set([...url.matchAll(/:(\w+)/g)].map(match => match[1]!))
  const only = (keep: (key: string) => boolean): TObject => ({
    ...input,
    properties: Object.fromEntries(Object.entries(input.properties).filter(([key]) => keep(key))),
    required: (input.required ?? []).filter(keep)
  })
  const others = only(key => !inPath.has(key))
  return {
    operationId: name,
    summary: title,
    description,
    ...(inPath.size > 0 && { params: only(key => inPath.has(key)) }),
    ...(Object.keys(others.properties).length > 0 && { [method === 'POST' ? 'body' : 'querystring']: others }),
    ...(method !== 'GET' && { headers: KEYED }),
    ...(refusals !== undefined && { 'x-refusals': refusals }),
    response: { 200: output }
  }
}

/** Beside its input, what every call that changes something takes. */
const KEYED = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 128, pattern: '^[!-~]([ -~]*[!-~])?$', description: 'A name of your choice for this call: sent again with the same key and input, it is done once and answered alike' }))
})

let ajv: ReturnType<typeof createAjv> | undefined

/** Path and query arrive as text. What reads as the field's type becomes it; the rest stays text, for the tool to refuse. */
function coercion (input: TObject): (given: unknown) => Fields {
  const bare = ({ type, items }: TSchema): { type?: unknown } => ({ ...(type && { type }), ...(items && { items: bare(items) }) })
  const types = Object.entries(input.properties).map(([key, field]) => [key, bare(field)] as const)
  if (types.every(([, { type }]) => type === 'string')) return given => given as Fields
  let apply: ValidateFunction | undefined // compiled at its first use: a start does not pay for what is never called
  return given => {
    ajv ??= createAjv({ coerceTypes: 'array', allErrors: true, strict: false, meta: false, validateSchema: false })
    apply ??= ajv.compile({ type: 'object', properties: Object.fromEntries(types) })
    apply(given)
    return given as Fields
  }
}

/** One input of three parts. A field may come twice only where both say the same. */
function join (params: Fields, query: Fields, body: unknown): unknown {
  if (body === undefined && Object.keys(query).length === 0) return params
  if (body !== undefined && body !== null && (typeof body !== 'object' || Array.isArray(body))) return body
  const input: Fields = { ...body, ...query, ...params }
  for (const part of [body as Fields | null | undefined, query]) {
    for (const key in part) {
      if (part[key] !== input[key]) throw new ValidationError(`'${key}' is given twice, with different values`)
    }
  }
  return input
}

/** What a call knows of its caller. */
class Asker extends HangUp {
  readonly idempotencyKey: unknown

  constructor ({ raw }: FastifyReply, idempotencyKey: unknown) {
    super(raw)
    this.idempotencyKey = idempotencyKey
  }

  emit (): void {}
}
