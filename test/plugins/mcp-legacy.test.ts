import { once } from 'node:events'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import t from 'tap'
import { ask, call, createFixture, events, ids, json, NOW, post } from './mcp-fixture.ts'

type Test = { teardown (fn: () => unknown): void }

/** The SDK's own client. It holds every structured content against the schema of its tool, once it has seen the list. */
async function connect (t: Test, url: string, key = 'alice') {
  const client = new Client({ name: 'test', version: '1' })
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization: `Bearer ${key}` } } })
  await client.connect(transport as Parameters<typeof client.connect>[0])
  t.teardown(() => client.close())
  return { client, session: transport.sessionId! }
}

const initialize = (id: number) => ({
  jsonrpc: '2.0', id, method: 'initialize', params: { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'raw', version: '1' } }
})
const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' }

/** Opens a session. Resolves to the header that names it. */
async function openSession (url: string) {
  const response = await post(url, initialize(1))
  await response.text()
  return { 'mcp-session-id': response.headers.get('mcp-session-id')! }
}

t.test('The SDK lists and calls, over a session', async t => {
  const { url, last } = await createFixture(t, { instructions: 'Tell it.' })
  const { client } = await connect(t, url)
  t.match(client.getServerVersion(), { name: 'iris', version: '1.2.3' })
  t.strictSame(client.getServerCapabilities(), { tools: {} })
  t.equal(client.getInstructions(), 'Tell it.')
  const { tools } = await client.listTools()
  const modern = await json(await ask(url, 'tools/list'))
  t.strictSame(tools, modern.result!.tools, 'the same list in both generations')
  t.match(await client.callTool(call('echo_say')), { structuredContent: { text: 'hello', timestamp: NOW } })
  t.equal(last().patience, 45_000)
  await client.ping()
  await t.rejects(client.callTool(call('nobody_knows')), { code: -32602 })

  const guest = await connect(t, url, 'guest')
  t.notOk((await guest.client.listTools()).tools.some(({ name }) => name === 'echo_tell'), 'a key is shown what it may call')
})

t.test('What a tool refuses says the same in both generations, and the SDK takes it', async t => {
  const { url, faults } = await createFixture(t)
  const { client } = await connect(t, url, 'guest')
  await client.listTools()
  for (const [name, text] of [['echo_lose', 'x'], ['echo_tell', 'x'], ['echo_break', 'x'], ['echo_say', 5]] as const) {
    const params = { name, arguments: { text } }
    const { content, structuredContent, isError } = await client.callTool(params)
    const modern = (await json(await ask(url, 'tools/call', params, { key: 'guest' }))).result!
    t.equal(isError, true)
    t.strictSame([content, structuredContent], [modern.content, modern.structuredContent], name)
  }
  t.equal(faults.length, 2, 'a fault of ours is logged each time')
})

t.test('Progress comes in the reply of the request it belongs to', async t => {
  const { url } = await createFixture(t)
  const { client } = await connect(t, url)
  const heard: Array<{ progress: number, message?: string | undefined }> = []
  await client.callTool(call('echo_tell', 'so it goes'), undefined, { onprogress: progress => { heard.push(progress) } })
  t.strictSame(heard.map(({ progress }) => progress), [1, 2, 3, 4])
  t.match(heard[0]!.message, ids.tellId)
  t.equal(heard.slice(1).map(({ message }) => message).join(''), 'so it goes')
})

t.test('A reader that is too far behind misses progress, never the result', async t => {
  const { url } = await createFixture(t)
  const { client } = await connect(t, url)
  let seen = 0
  const params = call('echo_flood', 'x'.repeat(32 * 1024))
  t.match(await client.callTool(params, undefined, { onprogress () { seen++ } }), { structuredContent: { text: 'flooded' } })
  t.ok(seen > 0 && seen < 200, `${seen} of 400`)
})

t.test('A cancelled call is told so', async t => {
  const { url, heard } = await createFixture(t)
  const { client } = await connect(t, url)
  const cancel = new AbortController()
  const waiting = once(heard, 'waiting')
  const gone = t.rejects(client.callTool(call('echo_wait'), undefined, { signal: cancel.signal }))
  const [signal] = await waiting as [AbortSignal]
  const aborted = once(signal, 'abort')
  cancel.abort()
  await Promise.all([aborted, gone])
  t.match(await client.callTool(call('echo_say')), { structuredContent: { text: 'hello' } }, 'the session goes on')
})

t.test('Many clients at once do not mix', async t => {
  const { url } = await createFixture(t)
  await Promise.all(Array.from({ length: 20 }, async (_, n) => {
    const { client } = await connect(t, url, n % 2 === 0 ? 'alice' : 'bob')
    await Promise.all(Array.from({ length: 5 }, async (_, m) => {
      const heard: unknown[] = []
      const result = await client.callTool(call('echo_tell', `${n}-${m}`), undefined, { onprogress: ({ message }) => { heard.push(message) } })
      t.strictSame([(result.structuredContent as { text: string }).text, heard[1]], [`${n}-${m}`, `${n}-${m}`])
    }))
  }))
})

t.test('A session is its key\'s own, and is gone when it is ended', async t => {
  const { url } = await createFixture(t)
  const opened = await post(url, initialize(1))
  const session = { 'mcp-session-id': opened.headers.get('mcp-session-id')! }
  t.equal(opened.headers.get('x-hook'), 'was here', 'what hooks have set goes out as well')
  await opened.text()
  const status = async (headers: Record<string, string>, init: RequestInit = { method: 'POST', body: JSON.stringify(list) }) => {
    const json: Record<string, string> = init.body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(url, {
      ...init, headers: { authorization: 'Bearer alice', accept: 'application/json, text/event-stream', ...json, ...headers }
    })
    await response.text()
    return response.status
  }
  t.equal(await status(session), 200)
  t.equal(await status({ ...session, authorization: 'Bearer bob' }), 404, "another key's use of it")
  t.equal(await status({ ...session, authorization: 'Bearer nobody' }), 401)
  t.equal(await status({ 'mcp-session-id': '00000000-0000-4000-8000-000000000000' }), 404)
  t.equal(await status({ 'mcp-protocol-version': '2025-11-25' }), 400, 'none at all')
  t.equal(await status(session, { method: 'POST', body: '{"jsonrpc":"2.0","method":"notifications/initialized"}' }), 202)
  t.equal(await status(session, { method: 'GET' }), 405)
  t.equal(await status({ ...session, authorization: 'Bearer bob' }, { method: 'DELETE' }), 404)
  t.equal(await status({}, { method: 'DELETE' }), 400)
  t.equal(await status(session, { method: 'DELETE', body: '{}' }), 200)
  t.equal(await status(session), 404)
})

t.test('What belongs to no session opens none', async t => {
  const { url } = await createFixture(t, { sessions: { max: 1 } })
  t.equal((await post(url, initialize(1), { accept: 'text/html' })).status, 406)
  t.equal((await post(url, { ...initialize(1), params: {} })).status, 400)
  const opened = await post(url, initialize(1))
  const first = opened.headers.get('mcp-session-id')!
  await opened.text()
  const next = await post(url, initialize(1))
  await next.text()
  t.equal((await post(url, list, { 'mcp-session-id': first })).status, 404, 'the least recently used made room')
  t.equal((await post(url, list, { 'mcp-session-id': next.headers.get('mcp-session-id')! })).status, 200)
})

t.test('When every session is in use, one more has to wait', async t => {
  const { url, heard } = await createFixture(t, { sessions: { max: 1 } })
  const { client } = await connect(t, url)
  const waiting = once(heard, 'waiting')
  const answer = client.callTool(call('echo_wait'))
  await waiting
  const refused = await post(url, initialize(1))
  t.equal(refused.status, 429)
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  heard.emit('go')
  t.match(await answer, { structuredContent: { text: 'hello' } })
})

t.test('A stop lets what is running finish', async t => {
  const { app, url, heard } = await createFixture(t)
  const { client } = await connect(t, url)
  const waiting = once(heard, 'waiting')
  const answer = client.callTool(call('echo_wait'))
  await waiting
  const closing = app.close()
  await once(heard, 'closing')
  heard.emit('go')
  t.match(await answer, { structuredContent: { text: 'hello' } })
  await closing
})

t.test('Batches are for the revisions that have them, and small', async t => {
  const { url } = await createFixture(t)
  const session = await openSession(url)
  const batch = (size: number) => Array.from({ length: size }, (_, n) => ({ ...list, id: n + 10 }))
  const response = await post(url, batch(3), session)
  const answered: unknown[] = []
  for await (const { id } of events(response)) answered.push(id)
  t.strictSame(answered.sort(), [10, 11, 12])
  t.equal((await post(url, batch(21), session)).status, 400)
  t.equal((await post(url, batch(3), { ...session, 'mcp-protocol-version': '2025-11-25' })).status, 400)
  t.equal((await post(url, '{"jsonrpc"', session)).status, 400)
  t.equal((await post(url, '{"jsonrpc":"2.0","id":1}', session)).status, 400)
})

t.test('An id whose answer is not there yet is not taken for another request, nor one that is there twice', async t => {
  const { url, heard } = await createFixture(t)
  const session = await openSession(url)
  const wait = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: call('echo_wait') }
  const waiting = once(heard, 'waiting')
  const first = await post(url, wait, session)
  await waiting
  for (const body of [list, [{ ...list, id: 3 }, { ...list, id: 3 }]]) {
    const refused = await post(url, body, session)
    t.equal(refused.status, 400)
    t.match(await refused.json(), { error: { code: -32600, message: 'A request with this id is not answered yet' } })
  }
  heard.emit('go')
  t.match(await first.text(), /"text":"hello".*"id":2\}/, 'who asked first is answered')
  t.match(await (await post(url, list, session)).text(), /"id":2\}/, 'and then the id is free')
})

t.test('A request that is given up is not answered, and its reply ends', async t => {
  const { url, heard } = await createFixture(t)
  const session = await openSession(url)
  const cancel = (requestId: number) => post(url, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }, session)
  const waiting = once(heard, 'waiting')
  const alone = await post(url, { jsonrpc: '2.0', id: 2, method: 'tools/call', params: call('echo_wait') }, session)
  await waiting
  t.equal((await cancel(2)).status, 202)
  t.equal(await alone.text(), '')
  const again = once(heard, 'waiting')
  const batch = await post(url, [{ ...list, id: 4 }, { jsonrpc: '2.0', id: 5, method: 'tools/call', params: call('echo_wait') }], session)
  await again
  await cancel(5)
  const answered: unknown[] = []
  for await (const { id } of events(batch)) answered.push(id)
  t.strictSame(answered, [4])
})

t.test('A call that takes long is heard at once, and its stream says now and then that it is alive', async t => {
  const beats: Array<{ ms: number, beat: () => void }> = []
  const { url, heard } = await createFixture(t, { after: (ms, beat) => beats.push({ ms, beat }) })
  const session = await openSession(url)
  const waiting = once(heard, 'waiting')
  const response = await post(url, { jsonrpc: '2.0', id: 2, method: 'tools/call', params: call('echo_wait') }, session)
  await waiting
  t.strictSame([response.status, response.headers.get('content-type'), response.headers.get('mcp-session-id')], [200, 'text/event-stream', session['mcp-session-id']])
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const [first, ...more] = beats.splice(0)
  t.strictSame([first!.ms, more.length], [15_000, 0])
  first!.beat()
  t.equal((await reader.read()).value, ': keepalive\n\n')
  t.equal(beats.length, 1, 'again while it is open')
  heard.emit('go')
  t.match((await reader.read()).value, /^event: message\ndata: \{"result":.*"id":2\}\n\n$/)
  t.ok((await reader.read()).done)
  beats[0]!.beat()
  t.equal(beats.length, 1, 'and not when nothing is')
})

t.test('What is no request of a session is refused in the words of the SDK', async t => {
  const { url } = await createFixture(t)
  const session = await openSession(url)
  for (const [status, code, message, body, headers] of [
    [406, -32000, 'Not Acceptable: Client must accept both application/json and text/event-stream', list, { ...session, accept: 'application/json' }],
    [400, -32000, /^Bad Request: Unsupported protocol version: 2020-01-01 \(supported versions: 2025-11-25, /, list, { ...session, 'mcp-protocol-version': '2020-01-01' }],
    [400, -32600, 'Invalid Request: Server already initialized', initialize(2), session],
    [400, -32700, 'Parse error: Invalid JSON-RPC message', { ...list, more: 1 }, session],
    [400, -32000, 'Bad Request: Server not initialized', { ...initialize(1), params: {} }, {}]
  ] as const) {
    const response = await post(url, body, headers)
    t.equal(response.status, status)
    t.match(await response.json(), { jsonrpc: '2.0', error: { code, message }, id: null })
  }
  const bare = await fetch(url, { method: 'POST', headers: { authorization: 'Bearer alice', accept: 'application/json, text/event-stream', ...session } })
  t.equal(bare.status, 415)
  t.match(await bare.json(), { error: { code: -32000, message: 'Unsupported Media Type: Content-Type must be application/json' }, id: null })
})
