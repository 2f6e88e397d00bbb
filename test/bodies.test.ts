import { request } from 'node:http'
import t from 'tap'
import { run } from './fixtures/running.ts'
import { transports } from './fixtures/transports.ts'

const version = '2026-07-28'
const PLACES: [title: string, path: string, headers: Record<string, string>, body: (message: string) => string][] = [
  ['rest', '/api/teams/tell', {}, message => `{"toTeam":"echo","message":"${message}"}`],
  ['mcp', '/mcp', { 'mcp-protocol-version': version, 'mcp-method': 'tools/call', 'mcp-name': 'team_tell', accept: 'application/json, text/event-stream' },
    message => JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'team_tell', arguments: { toTeam: 'echo', message }, _meta: { 'io.modelcontextprotocol/protocolVersion': version, 'io.modelcontextprotocol/clientCapabilities': {} } }
    })],
  ['graphql', '/graphql', {}, message => `{"query":"mutation { team_tell(toTeam: \\"echo\\", message: \\"${message}\\") { response } }"}`]
]

/** Sends a body in these pieces, each when the one before has left. */
const post = (url: string, headers: Record<string, string>, pieces: Buffer[]) => new Promise<{ status: number, text: string }>((resolve, reject) => {
  const sent = request(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } }, response => {
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => { text += part }).on('end', () => { resolve({ status: response.statusCode!, text }) })
  })
  sent.on('error', reject)
  const next = ([piece, ...rest]: Buffer[]) => { if (piece === undefined) sent.end(); else sent.write(piece, () => { next(rest) }) }
  next(pieces)
})

t.test('a body whose bytes are no UTF-8 is refused on every route, and nothing is told; one that is cut within a letter is whole', async t => {
  const { url, key, services, errors } = await run(t)
  for (const [title, path, headers, body] of PLACES) {
    const ask = (pieces: Buffer[]) => post(`${url}${path}`, { ...headers, authorization: `Bearer ${key}` }, pieces)
    const [before, after] = body('@').split('@').map(text => Buffer.from(text))
    const broken = await ask([Buffer.concat([before!, Buffer.from([0xff, 0xfe]), after!])])
    t.equal(broken.status, 400, title)
    t.match(broken.text, /The body is not valid UTF-8/, title)
    t.equal(services.tells.list({}, { limit: 10 }).rows.length, 0, `${title}: nothing is told`)
  }
  for (const [title, path, headers, body] of PLACES) {
    const bytes = Buffer.from(body('€'))
    const cut = bytes.indexOf(0xe2) + 1
    const whole = await post(`${url}${path}`, { ...headers, authorization: `Bearer ${key}` }, [bytes.subarray(0, cut), bytes.subarray(cut)])
    t.equal(whole.status, 200, title)
    t.match(whole.text, /echo: €/, title)
  }
  t.same(errors, [])
})

t.test('a key like __proto__, and what is nested without end, is refused in the same words on every transport, and nothing is told', async t => {
  const { url, key, services, errors } = await run(t)
  const inside = (json: string) => ({ toTeam: 'echo', message: 'Hello', schema: { type: 'object', properties: JSON.parse(json) as object } })
  const inputs: [Record<string, unknown>, RegExp][] = [
    [inside('{"__proto__":{}}'), /^'schema\.properties\.__proto__' is not taken: no key may be called '__proto__'$/],
    [inside(`${'{"x":'.repeat(1000)}{}${'}'.repeat(1000)}`), /^'schema' is nested more than 500 levels deep$/],
    [inside('{"constructor":{"prototype":{}}}'), /^'schema\.properties\.constructor\.prototype' is not taken/],
    [JSON.parse('{"toTeam":"echo","message":"Hello","__proto__":{"timeout":0}}') as Record<string, unknown>, /unknown field '__proto__'/]
  ]
  for (const [title, connect] of Object.entries(transports)) {
    const { call, close } = await connect(url, key)
    // In GraphQL's own language an argument that does not exist cannot be given.
    for (const [input, message] of title.startsWith('graphql') ? inputs.slice(0, 3) : inputs) t.match(await call('team_tell', input), { ok: false, body: { error: 'ValidationError', statusCode: 400, message } }, title)
    await close()
  }
  t.equal(services.tells.list({}, { limit: 10 }).rows.length, 0)
  t.same(errors, [])
})
