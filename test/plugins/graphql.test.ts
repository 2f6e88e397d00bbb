import { buildSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql'
import t from 'tap'
import { askedBy } from '../../plugins/graphql/asked.ts'
import { graphqlDocument } from '../../src/app.ts'
import { tools } from '../../src/tools/index.ts'
import { run, type Running } from '../fixtures/running.ts'

interface Json { data?: Record<string, Record<string, unknown> | null> | null, errors?: { message: string, path?: string[], extensions: Record<string, unknown> }[] }

async function ask ({ url, key }: Pick<Running, 'url' | 'key'>, query: unknown, { variables, headers = {}, ...more }: { variables?: object, headers?: Record<string, string>, operationName?: string } = {}) {
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers }, body: JSON.stringify({ query, variables, ...more }) })
  return { status: response.status, headers: response.headers, json: await response.json() as Json & Record<string, unknown> }
}

t.test('every tool is a field of its own name, with the arguments and the words of its definition', async t => {
  const schema = buildSchema(await graphqlDocument())
  for (const { name, http, input, output, description } of tools) {
    const field = (http.method === 'GET' ? schema.getQueryType() : schema.getMutationType())!.getFields()[name]!
    t.match(field.description, description)
    t.same(field.args.map(({ name }) => name).filter(name => name !== 'idempotencyKey').sort(), Object.keys(input.properties).sort(), name)
    for (const one of input.required ?? []) t.match(String(field.args.find(({ name }) => name === one)!.type), /!$/, `${name}.${one} is required`)
    const type = schema.getType(String(field.type))
    t.same(Object.keys((type as unknown as { getFields (): object }).getFields()).sort(), Object.keys(output.properties).sort())
  }
  for (const name of ['Tell', 'Session', 'Approval', 'TellState', 'Usage', 'ErrorBody', 'TellChunk', 'CacheMessage', 'SafeInt', 'JSON']) t.ok(schema.getType(name), name)
})

t.test('several tools in one request: each is one request to the limits, and of them one may fail', async t => {
  const server = await run(t, { api: { rateLimit: { max: 6, window: 900_000, tells: 10, tellWindow: 60_000 } } })
  const { json, headers } = await ask(server, '{ a: team_list { totalTeams timestamp } b: team_status(teamName: "nobody") { team } system_status { version sessions { total } } }')
  t.equal(headers.get('ratelimit-remaining'), '5')
  t.match(json.data, { a: { totalTeams: 1, timestamp: Number }, b: null, system_status: { sessions: { total: 0 } } })
  t.match(json.errors, [{ path: ['b'], message: /No team is named 'nobody'/, extensions: { error: 'TeamNotFoundError', statusCode: 404, timestamp: Number } }])
  const next = await ask(server, '{ team_list { totalTeams } }')
  t.equal(next.headers.get('ratelimit-remaining'), '2')
  const over = await ask(server, '{ a: team_list { totalTeams } b: team_list { totalTeams } c: team_list { totalTeams } d: team_list { totalTeams } }')
  t.match(over.json.errors, [{ extensions: { error: 'RateLimitedError', statusCode: 429, details: { retryAfter: Number } } }])
  t.match(await ask(server, '{ team_list { totalTeams } }'), { status: 429, json: { error: 'RateLimitedError', errors: [{ extensions: { statusCode: 429 } }] } }, 'refused before it, the one error body, and errors beside it')
})

t.test('a tell counts as a tell, and with one key it is told once', async t => {
  const server = await run(t, { api: { rateLimit: { max: 1000, window: 900_000, tells: 2, tellWindow: 60_000 } } })
  const tell = 'mutation ($k: String) { team_tell(toTeam: "echo", message: "hello", idempotencyKey: $k) { tellId response } }'
  const first = await ask(server, tell, { variables: { k: 'one' } })
  t.match(first.json.data, { team_tell: { response: String } })
  t.same((await ask(server, tell, { headers: { 'idempotency-key': 'one' } })).json.data, first.json.data, 'as an argument or a header')
  await ask(server, tell)
  t.match((await ask(server, tell)).json.errors, [{ extensions: { error: 'RateLimitedError', message: /More than 2 tells/ } }])
  const rows = server.services.audit.list({ limit: 10 }).rows
  t.ok(rows.some(({ via, tool }) => via === 'graphql' && tool === 'team_tell'), 'and it is recorded by where it came')
})

t.test('a variable that is not of its type is refused in words, as is one that is missing', async t => {
  const server = await run(t)
  for (const [declared, use, x, message] of [
    ['$x: Int', 'session_list(limit: $x) { next }', 'a', /^Variable "\$x" got invalid value "a"; Int cannot represent/],
    ['$x: TellState', 'tell_list(state: $x) { next }', 'over', /Value "over" does not exist in "TellState" enum/],
    ['$x: String!', 'team_status(teamName: $x) { team }', undefined, /"\$x" of required type "String!" was not provided/]
  ] as const) {
    t.match(await ask(server, `query (${declared}) { ${use} }`, { variables: { x } }), { status: 400, json: { error: 'ValidationError', message } }, declared)
  }
  t.same(server.errors, [], 'none is a fault of ours')
})

t.test('what is too much, too deep, or no GraphQL is refused before anything runs', async t => {
  const server = await run(t)
  const many = (n: number, one: (i: number) => string) => Array.from({ length: n }, (_, i) => one(i)).join(' ')
  const refused: [string, unknown, RegExp][] = [
    ['tools', `{ ${many(21, i => `a${i}: system_status { version }`)} }`, /at most 20 tools/],
    ['tools by a fragment', `{ ...F } fragment F on Query { ${many(21, i => `a${i}: system_status { version }`)} }`, /at most 20 tools/],
    ['fields', `{ system_status { ${many(1001, () => 'version')} } }`, /at most 1000 fields/],
    ['fragments of fragments', `{ team_list { ...A0 } } ${many(30, i => `fragment A${i} on TeamListResult { ...A${i + 1} ...A${i + 1} }`)} fragment A30 on TeamListResult { totalTeams }`, /at most 1000 fields/],
    ['aliases', `{ system_status { ${many(51, i => `a${i}: version`)} } }`, /at most 50 aliases/],
    ['depth', `{ __schema { types { fields { type { ${many(15, () => 'ofType {')} name ${many(15, () => '}')} } } } } }`, /depth/],
    ['a circle', '{ ...F } fragment F on Query { ...F }', /Cannot spread fragment "F" within itself/],
    ['tokens', `{ system_status { ${many(4001, () => 'version')} } }`, /4000 tokens/],
    ['length', `{ system_status { version } } #${'x'.repeat(70_000)}`, /at most 65536 characters/],
    ['a tree', JSON.stringify({ kind: 'Document', definitions: [] }), /text, not JSON|Unexpected Name|Expected Name/],
    ['no document', 'nonsense', /Syntax Error/],
    ['an unknown field', '{ nothing }', /Cannot query field "nothing"/],
    ['a wrong type', '{ team_status(teamName: 7) { team } }', /String cannot represent a non string value/],
    ['no name of two', 'query A { system_status { version } } query B { system_status { version } }', /Must provide operation name/],
    ['a variable that is not there', 'query ($x: String!) { team_status(teamName: $x) { team } }', /"\$x" of required type "String!" was not provided/],
    ['a subscription', 'subscription { event_stream { event } }', /through a WebSocket/],
    ['no text', 7, /'query' is required/]
  ]
  for (const [what, query, message] of refused) {
    t.match(await ask(server, query), { status: 400, json: { error: 'ValidationError', message, errors: [{ message, extensions: { error: 'ValidationError', statusCode: 400 } }] } }, what)
  }
  const batch = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }, body: '[{"query":"{ system_status { version } }"}]' })
  t.match(await batch.json(), { error: 'ValidationError', message: /one operation/ })
  t.same(server.errors, [])
})

t.test('common clients can look at the schema, and who has no key cannot', async t => {
  const server = await run(t)
  const { json } = await ask(server, getIntrospectionQuery(), { headers: { accept: 'application/graphql-response+json' } })
  const { __schema } = json.data as unknown as IntrospectionQuery
  t.ok(__schema.types.length > 40)
  t.match(await ask({ url: server.url, key: 'iris_sk_wrong' }, getIntrospectionQuery()), { status: 401, json: { error: 'UnauthorizedError', errors: [{ extensions: { statusCode: 401 } }] } })
})

t.test('only pages and hosts that may call may, a form is not taken, and without the API there is nothing', async t => {
  const server = await run(t)
  const query = '{ system_status { version } }'
  t.match(await ask(server, query, { headers: { origin: 'http://evil.example' } }), { status: 403, json: { error: 'ForbiddenError' } })
  t.match(await ask(server, query, { headers: { 'content-type': 'text/plain' } }), { status: 400, json: { error: 'ValidationError', message: /Send JSON/ } })
  t.match(await (await fetch(`${server.url}/graphql?query={system_status{version}}`, { headers: { authorization: `Bearer ${server.key}` } })).json(), { error: 'ValidationError', message: /POST an operation/ })
  const off = await run(t, { api: { enabled: false } })
  t.match(await ask(off, query), { status: 404 })
})

t.test('what a call is made with has its accessor from a class: one of its own would make V8 keep each request among what is old', t => {
  const gone = new AbortController()
  const { callWith } = askedBy({} as never, (_request, own) => own as never, gone, 'header')
  const own = callWith(undefined)
  t.notOk(Object.hasOwn(own, 'signal'))
  t.equal(own.signal, gone.signal)
  t.match([own, callWith('argument')], [{ idempotencyKey: 'header' }, { idempotencyKey: 'argument' }])
  t.end()
})
