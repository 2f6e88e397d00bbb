import { once } from 'node:events'
import t from 'tap'
import { bridged, heldBack, INITIALIZE, INITIALIZED, json, LARGE, MANY, request, result, scripted, type Got } from './upstream.ts'

const META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }

/** Opens a session, refuses the stream of notifications, leaves the rest to `rest`. */
const withSession = (rest: (got: Got) => void, id = 's1') => (got: Got) => {
  if (got.method !== 'POST') got.response.writeHead(405).end()
  else if (got.message.method === 'initialize') json(got.response, result(got.message.id, { protocolVersion: '2025-11-25' }), 200, { 'mcp-session-id': id })
  else if (got.message.method === 'notifications/initialized') got.response.writeHead(202).end()
  else rest(got)
}

t.test('a session: its id and version go with what follows, and with the end of stdin it is given back', async t => {
  const { got, target } = await scripted(t, withSession(({ response, message }) => { json(response, result(message.id)) }))
  const { send, next, stdin, done } = bridged(t, async () => target, { 'iris-as': 'web' })
  send(INITIALIZE, INITIALIZED, request(1))
  t.match(await next(), { id: 0, result: { protocolVersion: '2025-11-25' } })
  t.match(await next(), { id: 1, result: {} })
  stdin.end()
  await done
  const posts = got.filter(({ method }) => method === 'POST')
  t.strictSame(posts.map(({ message }) => message.method), ['initialize', 'notifications/initialized', 'tools/call'], 'in order, though sent at once')
  t.equal(posts[0]!.headers['mcp-session-id'], undefined)
  for (const { headers } of posts.slice(1)) t.match(headers, { 'mcp-session-id': 's1', 'mcp-protocol-version': '2025-11-25' })
  for (const { headers } of got) t.match(headers, { authorization: 'Bearer k', 'iris-as': 'web' })
  t.match(got.at(-1), { method: 'DELETE', headers: { 'mcp-session-id': 's1' } })
})

t.test('a message without sessions gets the headers that HTTP demands, and no session', async t => {
  const { got, target } = await scripted(t, withSession(({ response, message }) => { json(response, result(message.id)) }))
  const { send, next } = bridged(t, async () => target)
  send(INITIALIZE, INITIALIZED)
  await next()
  send(request(1, { name: 'team_list', _meta: META }), request(2, { name: 'größe', _meta: META }), request(3, { uri: 'iris://x', _meta: META }, 'resources/read'))
  for (let i = 0; i < 3; i++) await next()
  const headers = (id: number) => got.find(({ message }) => message.id === id && message.method !== 'initialize')!.headers
  t.match(headers(1), { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'team_list' })
  t.equal(headers(1)['mcp-session-id'], undefined)
  t.equal(headers(2)['mcp-name'], `=?base64?${Buffer.from('größe').toString('base64')}?=`)
  t.match(headers(3), { 'mcp-method': 'resources/read', 'mcp-name': 'iris://x' })
})

t.test('an answer as a stream comes message by message, however it is cut', async t => {
  const text = [
    ': a comment\r\n\r\n',
    'id: 1\r\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"message":"ä\u2028"}}\r\n\r\n',
    'event: message\ndata: {"jsonrpc":"2.0","id":1,\ndata: "result":{}}\n\n'
  ].join('')
  const { target } = await scripted(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const byte of Buffer.from(text)) response.write(Buffer.of(byte))
    response.end()
  })
  const { send, next } = bridged(t, async () => target)
  send(request(1, { _meta: META }))
  t.match(await next(), { method: 'notifications/progress', params: { message: 'ä\u2028' } })
  t.match(await next(), { id: 1, result: {} })
})

t.test('requests run beside each other and answers come as they are ready', async t => {
  const held = new Map<unknown, Got>()
  const { target } = await scripted(t, got => {
    held.set(got.message.id, got)
    if (held.size < 3) return
    for (const id of [3, 'a', 1]) json(held.get(id)!.response, result(id, { of: id }))
  })
  const { send, next } = bridged(t, async () => target)
  send(request(1), request('a'), request(3))
  const answers = [await next(), await next(), await next()]
  t.strictSame(new Set(answers.map(({ id }) => id)), new Set([1, 'a', 3]))
  for (const { id, result } of answers) t.equal(result!.of, id)
})

t.test('a server request reaches the client and the client\'s answer the server', async t => {
  const { got, target } = await scripted(t, ({ response, message }) => {
    if (message.method === undefined) return response.writeHead(202).end()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create' })}\n\n`)
  })
  const { send, next, stdin } = bridged(t, async () => target)
  send(request(1))
  t.match(await next(), { id: 'q', method: 'elicitation/create' })
  send({ jsonrpc: '2.0', id: 'q', result: { action: 'accept' } })
  while (got.length < 2) await new Promise(setImmediate)
  t.match(got[1]!.message, { id: 'q', result: { action: 'accept' } })
  got[0]!.response.end(`data: ${JSON.stringify(result(1))}\n\n`)
  t.match(await next(), { id: 1 })
  stdin.end()
})

const refusals: [title: string, status: number, body: unknown, error: object][] = [
  ['a JSON-RPC error keeps its code', 404, { jsonrpc: '2.0', id: null, error: { code: -32601, message: 'no such method' } }, { code: -32601, message: 'no such method' }],
  ['an error body keeps its words and comes as data', 429, { error: 'RateLimitedError', message: 'Too many', statusCode: 429 }, { code: -32000, message: 'Too many', data: { error: 'RateLimitedError' } }],
  ['an answer that is no JSON is named by its status', 502, '<html>', { code: -32000, message: 'The server answered with status 502' }]
]

for (const [title, status, body, error] of refusals) {
  t.test(`an HTTP error answers the request: ${title}`, async t => {
    const { target } = await scripted(t, ({ response }) => {
      if (typeof body === 'string') response.writeHead(status, { 'content-type': 'text/html' }).end(body)
      else json(response, body, status)
    })
    const { send, next } = bridged(t, async () => target)
    send(request(7, { _meta: META }))
    t.match(await next(), { jsonrpc: '2.0', id: 7, error })
  })
}

t.test('a stream that ends without an answer is an error', async t => {
  const { target } = await scripted(t, ({ response }) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end())
  const { send, next } = bridged(t, async () => target)
  send(request(1))
  t.match(await next(), { id: 1, error: { code: -32000, message: /without an answer/ } })
})

t.test('what is no JSON-RPC is refused, and the bridge goes on', async t => {
  const { target, got } = await scripted(t, ({ response, message }) => { json(response, result(message.id)) })
  const { send, next } = bridged(t, async () => target)
  send('{nonsense', '', '  ', '[]', '42', '[1]', 'null')
  t.match(await next(), { id: null, error: { code: -32700 } })
  for (let i = 0; i < 4; i++) t.match(await next(), { id: null, error: { code: -32600 } })
  send(request(1))
  t.match(await next(), { id: 1, result: {} })
  t.equal(got.length, 1)
})

t.test('a batch goes as it is; each of its requests gets an answer', async t => {
  const { target } = await scripted(t, ({ response, message }) => {
    json(response, (message as unknown as { id?: number }[]).filter(({ id }) => id === 1).map(({ id }) => result(id)))
  })
  const { send, next } = bridged(t, async () => target)
  send([request(1), request(2), { jsonrpc: '2.0', method: 'notifications/x' }])
  t.match(await next(), { id: 1, result: {} })
  t.match(await next(), { id: 2, error: { message: /without an answer/ } })
})

t.test('a line whose bytes are no UTF-8 is answered with that, and goes nowhere', async t => {
  const { got, target } = await scripted(t, ({ response, message }) => { json(response, result(message.id)) })
  const { stdin, send, next } = bridged(t, async () => target)
  const [before, after] = JSON.stringify(request(1, { arguments: { message: '@' } })).split('@')
  stdin.write(Buffer.concat([Buffer.from(before!), Buffer.of(0xff), Buffer.from(`${after!}\n`)]))
  t.match(await next(), { id: null, error: { code: -32700, message: 'Parse error: the line is not valid UTF-8' } })
  send(request(2, { arguments: { message: 'é' } }))
  t.match(await next(), { id: 2, result: {} })
  t.strictSame(got.map(({ message }) => message.id), [2])
})

t.test('cancelling: with a session the server is told, without one the connection is closed; nobody answers', async t => {
  const { got, target } = await scripted(t, withSession(({ message, response }) => {
    if (message.method === 'notifications/cancelled') response.writeHead(202).end()
    if (message.method === 'ping') json(response, result(message.id))
  }))
  const { send, next } = bridged(t, async () => target)
  send(INITIALIZE, INITIALIZED)
  await next()
  send(request('old'), request('new', { _meta: META }))
  const open = (id: string) => got.find(({ message }) => message.id === id)
  while (open('old') === undefined || open('new') === undefined) await new Promise(setImmediate)
  const closed = Promise.all([once(open('old')!.response, 'close'), once(open('new')!.response, 'close')])
  send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'old' } })
  send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'new' } })
  await closed
  t.strictSame(got.filter(({ message }) => message.method === 'notifications/cancelled').map(({ message }) => message.params!.requestId), ['old'])
  send(request('p', {}, 'ping'))
  t.match(await next(), { id: 'p' }, 'the next answer is that of the next request')
})

t.test('a server that dies: what runs there gets an error, what comes next goes to the next server, in a new session', async t => {
  const one = await scripted(t, withSession(() => { /* never answers */ }, 'one'))
  const two = await scripted(t, withSession(({ response, message, headers }) => {
    if (headers['mcp-session-id'] !== 'two') return json(response, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }, 404)
    json(response, result(message.id, { from: 'two' }))
  }, 'two'))
  const targets = [one.target, two.target]
  const { send, next, lines } = bridged(t, async () => targets.shift()!)
  send(INITIALIZE, INITIALIZED)
  await next()
  send(request(1))
  while (!one.got.some(({ message }) => message.id === 1)) await new Promise(setImmediate)
  await one.stop()
  t.match(await next(), { id: 1, error: { code: -32000, message: /went away/ } })
  send(request(2), request(3))
  const answers = [await next(), await next()]
  t.strictSame(new Set(answers.map(({ id }) => id)), new Set([2, 3]))
  for (const answer of answers) t.match(answer, { result: { from: 'two' } })
  t.equal(two.got.filter(({ message }) => message.method === 'initialize').length, 1, 'opened once for both')
  t.strictSame(lines, [], 'the client sees nothing of it')
})

t.test('a request that never reached a server goes to the next one by itself', async t => {
  const gone = await scripted(t, () => { /* never asked */ })
  await gone.stop()
  const here = await scripted(t, ({ response, message }) => { json(response, result(message.id)) })
  const targets = [gone.target, here.target]
  const { send, next } = bridged(t, async () => targets.shift()!)
  send(request(1))
  t.match(await next(), { id: 1, result: {} })
})

t.test('a connection that breaks before an answer: a question is asked again elsewhere, a call of a tool is not', async t => {
  const broken = await scripted(t, ({ response }) => response.destroy())
  const here = await scripted(t, ({ response, message }) => { json(response, result(message.id)) })
  const targets = [broken.target, here.target, broken.target]
  const { send, next } = bridged(t, async () => targets.shift()!)
  send(request(1, {}, 'tools/list'))
  t.match(await next(), { id: 1, result: {} })
  await here.stop()
  send(request(2))
  t.match(await next(), { id: 2, error: { message: /went away/ } })
  t.strictSame(here.got.map(({ message }) => message.id), [1])
})

t.test('no server to be found is an error of that request; the next one looks again', async t => {
  const { target } = await scripted(t, ({ response, message }) => { json(response, result(message.id)) })
  let found = false
  const { send, next } = bridged(t, async () => {
    if (found) return target
    throw new Error('nothing here')
  })
  send(request(1))
  t.match(await next(), { id: 1, error: { message: /nothing here/ } })
  found = true
  send(request(2))
  t.match(await next(), { id: 2, result: {} })
})

t.test('what the server says unasked is passed on, also after its stream broke', async t => {
  let opened = 0
  const { target } = await scripted(t, got => {
    if (got.method === 'GET') {
      got.response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: {"jsonrpc":"2.0","method":"notifications/n${++opened}"}\n\n`)
    } else withSession(() => { /* nothing else */ })(got)
  })
  const { send, next, armed, strike } = bridged(t, async () => target)
  send(INITIALIZE, INITIALIZED)
  await next()
  t.match(await next(), { method: 'notifications/n1' })
  await armed()
  strike()
  t.match(await next(), { method: 'notifications/n2' })
})

t.test('at the end of stdin what is on its way is still answered, the last line without its end too', async t => {
  const { target } = await scripted(t, ({ response, message }) => { setImmediate(() => { json(response, result(message.id)) }) })
  const { stdin, done, lines } = bridged(t, async () => target)
  stdin.end(JSON.stringify(request(1)))
  await done
  t.match(lines, [{ id: 1, result: {} }])
})

t.test('a request without an answer holds the end of stdin for a moment only', async t => {
  const { got, target } = await scripted(t, () => { /* never answers */ })
  const { send, stdin, done, armed, strike, lines } = bridged(t, async () => target)
  send(request(1))
  while (got.length === 0) await new Promise(setImmediate)
  stdin.end()
  await armed()
  strike()
  await done
  t.strictSame(lines, [])
})

t.test('a client that no longer reads ends the bridge', async t => {
  const { target } = await scripted(t, ({ response, message }) => { json(response, result(message.id)) })
  const { stdout, done } = bridged(t, async () => target)
  stdout.destroy(new Error('EPIPE'))
  await done
})

t.test('a slow client is not buffered for: the stream of the server waits', async t => {
  let sent = 0
  const { target } = await scripted(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const more = () => {
      while (sent < MANY) {
        sent++
        if (!response.write(`data: ${JSON.stringify(LARGE)}\n\n`)) return response.once('drain', more)
      }
      response.end(`data: ${JSON.stringify(result(1))}\n\n`)
    }
    more()
  })
  await heldBack(t, bridged(t, async () => target), () => sent)
})

t.test('too many requests at once are refused, not queued', async t => {
  const { target } = await scripted(t, () => { /* never answers */ })
  const { send, next } = bridged(t, async () => target)
  send(...Array.from({ length: 257 }, (_, id) => request(id)))
  t.match(await next(), { id: 256, error: { message: /More than 256/ } })
})
