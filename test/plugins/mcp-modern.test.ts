import { once } from 'node:events'
import t from 'tap'
import { toErrorBody, TellNotFoundError, ForbiddenError, ValidationError } from '../../src/errors.ts'
import { progressOf } from '../../plugins/mcp/progress.ts'
import { ask, call, createFixture, events, ids, json, NOW, post, PREFIX, REVISION, type Loose, type Rpc } from './mcp-fixture.ts'

t.test('Discovery names the revision, the server and nothing but tools', async t => {
  const { url } = await createFixture(t, { instructions: 'Tell it.' })
  const response = await ask(url, 'server/discover')
  t.equal(response.headers.get('mcp-session-id'), null, 'there are no sessions')
  t.strictSame((await json(response)).result, {
    resultType: 'complete',
    supportedVersions: [REVISION],
    capabilities: { tools: {} },
    instructions: 'Tell it.',
    ttlMs: 60_000,
    cacheScope: 'public',
    _meta: { [`${PREFIX}serverInfo`]: { name: 'iris', title: 'Iris', version: '1.2.3' } }
  })
})

t.test('A key is shown the tools it may call, as plain JSON', async t => {
  const { url } = await createFixture(t)
  const { result } = await json(await ask(url, 'tools/list'))
  t.match(result, { resultType: 'complete', cacheScope: 'private', ttlMs: 60_000 })
  const byName = new Map<string, Loose>(result!.tools.map((tool: { name: string }) => [tool.name, tool]))
  t.strictSame(byName.get('echo_say')!.inputSchema, {
    type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false
  })
  t.equal(byName.get('echo_say')!.outputSchema.type, 'object')
  t.strictSame([...byName.values()].map(({ name, annotations }) => [name, annotations]).sort(), [
    ['echo_break', { title: 'Break', readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }],
    ['echo_drop', { title: 'Drop', readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false }],
    ['echo_flood', { title: 'Flood', readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false }],
    ['echo_lose', { title: 'Lose', readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }],
    ['echo_say', { title: 'Say', readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }],
    ['echo_tell', { title: 'Tell', readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true }],
    ['echo_wait', { title: 'Wait', readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false }]
  ])
  const guest = await json(await ask(url, 'tools/list', {}, { key: 'guest' }))
  t.strictSame([...byName.keys()].filter(name => !guest.result!.tools.some((tool: { name: string }) => tool.name === name)), ['echo_tell'])
})

t.test('A result is structured content and the same as text', async t => {
  const { url, last } = await createFixture(t)
  const response = await ask(url, 'tools/call', call('echo_say'))
  t.equal(response.status, 200)
  t.match(response.headers.get('content-type'), 'application/json')
  const { id, result } = await json(response)
  t.equal(id, 7)
  t.strictSame(result!.structuredContent, { text: 'hello', timestamp: NOW })
  t.strictSame(result!.content.map((block: { text: string }) => JSON.parse(block.text)), [result!.structuredContent])
  t.equal(result!.resultType, 'complete')
  t.notOk(result!.isError)
  t.equal(last().patience, 45_000)
})

t.test('What a tool refuses is a result with the error body of every transport', async t => {
  const { url, faults } = await createFixture(t)
  for (const [params, key, err] of [
    [call('echo_lose', 'x'), 'alice', new TellNotFoundError('x', { details: { looked: 'everywhere' } })],
    [call('echo_tell'), 'guest', new ForbiddenError("This key lacks the permission 'tell'")],
    [{ name: 'echo_say', arguments: { text: 1 } }, 'alice', new ValidationError("'text' must be a string")],
    [{ name: 'echo_say', arguments: [] }, 'alice', new ValidationError('the input must be an object')],
    [call('echo_break'), 'alice', new Error('the secret')]
  ] as const) {
    const response = await ask(url, 'tools/call', params, { key })
    const { result } = await json(response)
    t.equal(response.status, 200)
    t.equal(result!.isError, true)
    t.strictSame(result!.structuredContent, toErrorBody(err, NOW))
    t.strictSame(JSON.parse(result!.content[0].text), result!.structuredContent)
  }
  t.match(faults, [{ message: 'the secret' }], 'a fault of ours, and no other, is logged')
})

t.test('What the protocol refuses is an error with its code and status', async t => {
  const { url } = await createFixture(t)
  const without = (name: string) => ({ meta: { [`${PREFIX}${name}`]: undefined } })
  const say = call('echo_say')
  for (const [code, status, method, params, asked] of [
    [-32602, 200, 'tools/call', call('nobody_knows'), {}],
    [-32602, 200, 'tools/call', { name: 'constructor' }, {}],
    [-32602, 200, 'tools/call', {}, {}],
    [-32602, 400, 'tools/list', {}, without('protocolVersion')],
    [-32602, 400, 'tools/list', {}, without('clientCapabilities')],
    [-32020, 400, 'tools/list', {}, { headers: { 'mcp-protocol-version': '' } }],
    [-32020, 400, 'tools/list', {}, { headers: { 'mcp-protocol-version': '2025-11-25' } }],
    [-32020, 400, 'tools/list', {}, { headers: { 'mcp-method': '' } }],
    [-32020, 400, 'tools/list', {}, { headers: { 'mcp-method': 'tools/call' } }],
    [-32020, 400, 'tools/call', say, { headers: { 'mcp-name': '' } }],
    [-32020, 400, 'tools/call', say, { headers: { 'mcp-name': 'echo_lose' } }],
    [-32020, 400, 'tools/call', say, { headers: { 'mcp-name': '=?base64?!!!?=' } }],
    [-32022, 400, 'tools/list', {}, { headers: { 'mcp-protocol-version': '1999-01-01' }, meta: { [`${PREFIX}protocolVersion`]: '1999-01-01' } }],
    ...['initialize', 'ping', 'logging/setLevel', 'resources/list', 'prompts/list', 'no/such', 'constructor'].map(method => [-32601, 404, method, {}, {}])
  ] as Array<[number, number, string, object, object]>) {
    const response = await ask(url, method, { ...params }, asked)
    const { id, error } = await json(response)
    const title = `${method} ${JSON.stringify(asked)}: ${error?.message}`
    t.strictSame([error?.code, response.status, id], [code, status, 7], title)
    if (code === -32022) t.strictSame(error?.data, { supported: [REVISION], requested: '1999-01-01' })
  }
  const encoded = `=?base64?${Buffer.from('echo_say').toString('base64')}?=`
  t.equal((await ask(url, 'tools/call', say, { headers: { 'mcp-name': encoded } })).status, 200, 'a name may come encoded')
})

t.test('Fields that a tool wants in headers must be there, and be the same', async t => {
  const { url } = await createFixture(t)
  const place = { name: 'echo_drop', arguments: { place: 'Zürich' } }
  const count = { name: 'echo_drop', arguments: { at: { count: 42 } } }
  const encode = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`
  for (const [status, params, headers] of [
    [200, place, { 'mcp-param-place': encode('Zürich') }],
    [400, place, { 'mcp-param-place': encode('Bern') }],
    [400, place, {}],
    [200, count, { 'mcp-param-count': '42.0' }],
    [400, count, { 'mcp-param-count': '43' }],
    [200, { name: 'echo_drop', arguments: {} }, {}],
    [400, { name: 'echo_drop', arguments: {} }, { 'mcp-param-place': 'Bern' }]
  ] as Array<[number, Record<string, unknown>, Record<string, string>]>) {
    const response = await ask(url, 'tools/call', params, { headers })
    t.equal(response.status, status, JSON.stringify([params.arguments, headers]))
    const { result, error } = await json(response)
    t.strictSame([error?.code, result?.isError], [status === 400 ? -32020 : undefined, undefined])
  }
})

t.test('Progress comes as events before the result, and only to a client that asked for it', async t => {
  const { url } = await createFixture(t)
  const response = await ask(url, 'tools/call', call('echo_tell', 'so it goes'), { meta: { progressToken: 'p1' } })
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  t.equal(response.headers.get('x-hook'), 'was here', 'what hooks have set goes out as well')
  const all: Rpc[] = []
  for await (const event of events(response)) all.push(event)
  const last = all.pop()!
  t.strictSame(last.result!.structuredContent, { text: 'so it goes', timestamp: NOW })
  t.equal(last.id, 7)
  t.strictSame(all.map(({ method, params }) => [method, params!.progressToken, params!.progress]),
    [1, 2, 3, 4].map(n => ['notifications/progress', 'p1', n]))
  t.match(all[0]!.params!.message, ids.tellId)
  t.strictSame(all.slice(1).map(({ params }) => [params!._meta.offset, params!.message]), [[0, 'so '], [3, 'it '], [6, 'goes']])

  const plain = await ask(url, 'tools/call', call('echo_tell'))
  t.match(plain.headers.get('content-type'), 'application/json')
})

t.test('A reader that is too far behind misses progress, never the result', async t => {
  const { url } = await createFixture(t)
  const response = await ask(url, 'tools/call', call('echo_flood', 'x'.repeat(32 * 1024)), { meta: { progressToken: 1 } })
  let seen = 0
  let result: unknown
  for await (const event of events(response)) {
    if (event.method === 'notifications/progress') seen++
    else result = event.result?.structuredContent
  }
  t.ok(seen > 0 && seen < 100, `${seen} of 400`)
  t.match(result, { text: 'flooded' })
})

t.test('A client that closes the reply cancels its wait, whether anything was sent or not', async t => {
  const { url, heard } = await createFixture(t)
  for (const meta of [{}, { progressToken: 1 }]) {
    const cancel = new AbortController()
    const waiting = once(heard, 'waiting')
    const gone = t.rejects(ask(url, 'tools/call', call('echo_wait'), { signal: cancel.signal, meta }).then(async response => await response.text()))
    const [signal] = await waiting as [AbortSignal]
    t.notOk(signal.aborted)
    const aborted = once(signal, 'abort')
    cancel.abort()
    await aborted
    t.pass('the call hears of it')
    await gone
  }
})

t.test('Calls at once do not mix', async t => {
  const { url } = await createFixture(t)
  await Promise.all(Array.from({ length: 50 }, async (_, n) => {
    const response = await ask(url, 'tools/call', call('echo_tell', `n${n}`), { meta: n % 2 === 0 ? { progressToken: n } : {}, key: n % 3 === 0 ? 'bob' : 'alice' })
    const all: Rpc[] = []
    if (n % 2 === 0) for await (const event of events(response)) all.push(event)
    else all.push(await json(response))
    t.equal(all.pop()!.result!.structuredContent.text, `n${n}`)
    t.ok(all.every(({ params }) => params!.progressToken === n))
  }))
})

t.test('A listener is promised nothing, and told when the server stops', async t => {
  const { app, url } = await createFixture(t)
  const response = await ask(url, 'subscriptions/listen', { notifications: { toolsListChanged: true, resourceSubscriptions: ['x:y'] } })
  const stream = events(response)
  const subscription = { [`${PREFIX}subscriptionId`]: 7 }
  t.strictSame((await stream.next()).value, {
    jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { _meta: subscription, notifications: {} }
  })
  const closed = app.close()
  t.match((await stream.next()).value, { id: 7, result: { resultType: 'complete', _meta: subscription } })
  t.ok((await stream.next()).done)
  await closed
})

t.test('There is an end to how many listen: the oldest is told to go', async t => {
  const { url } = await createFixture(t)
  const first = events(await ask(url, 'subscriptions/listen'))
  await first.next()
  await Promise.all(Array.from({ length: 256 }, async () => await ask(url, 'subscriptions/listen')))
  t.match((await first.next()).value, { id: 7, result: { resultType: 'complete' } })
  t.ok((await first.next()).done)
})

t.test('Progress is how a tell begins and grows, and nothing after the end', t => {
  const heard: unknown[] = []
  const { emit, end } = progressOf(({ progress, message }) => { heard.push([progress, message]) })
  const chunk = { event: 'tell:chunk' as const, data: { ...ids, offset: 0, chunk: 'so' } }
  emit(chunk)
  emit({ event: 'tell:complete', data: { ...ids, from: 'test', response: 'so', duration: 1 } })
  emit(chunk)
  end()
  emit(chunk)
  t.strictSame(heard, [[1, 'so'], [2, 'so']])
  t.end()
})

t.test('A fault before the tool is reached says no more than that', async t => {
  const { url, faults } = await createFixture(t, { call () { throw new Error('the secret') } })
  t.strictSame((await json(await ask(url, 'tools/list'))).error, { code: -32603, message: 'Internal error' })
  t.match(faults, [{ message: 'the secret' }])
})

t.test('Whatever is sent, the answer is JSON-RPC and no fault of ours', async t => {
  const { url } = await createFixture(t)
  const deep = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${'['.repeat(9000)}${']'.repeat(9000)}}`
  for (const [status, code, body, headers] of [
    [400, -32700, '{"jsonrpc":', {}],
    [400, -32700, '', {}],
    [400, -32600, '{"__proto__":{"jsonrpc":"2.0","id":1,"method":"tools/list"}}', {}],
    [400, -32600, '{"constructor":{"prototype":{"x":1}}}', {}],
    [400, -32020, '\ufeff{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"arguments":"constructor \\u005f"}}', {}],
    [400, -32600, 'null', {}],
    [400, -32600, '"text"', {}],
    [400, -32600, '[]', {}],
    [400, -32600, '[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]', {}],
    [400, -32600, '{"id":1,"method":"tools/list"}', {}],
    [400, -32600, '{"jsonrpc":"2.0","id":null,"method":"tools/list"}', {}],
    [400, -32600, '{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}', {}],
    [400, -32600, '{"jsonrpc":"2.0","id":{},"method":"tools/list"}', {}],
    [400, -32600, '{"jsonrpc":"2.0","id":1,"method":{}}', {}],
    [400, -32600, '{"jsonrpc":"2.0","id":1,"result":{}}', {}],
    [400, -32020, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', {}],
    [400, -32602, '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}', { 'mcp-protocol-version': REVISION }],
    [400, -32020, deep, {}],
    [413, 413, JSON.stringify({ text: 'x'.repeat(70 * 1024) }), {}],
    [415, 415, 'hello', { 'content-type': 'text/plain' }],
    [403, 403, '{}', { authorization: 'Bearer nobody-in-plain-text' }],
    [401, 401, '{}', { authorization: 'Bearer nobody' }]
  ] as Array<[number, number, string, Record<string, string>]>) {
    const response = await post(url, body, headers)
    const answer = await json(response)
    t.strictSame([response.status, answer.error?.code, answer.jsonrpc], [status, code, '2.0'], body.slice(0, 60))
    t.equal(typeof answer.error?.message, 'string')
    if (status === 401) {
      t.equal(response.headers.get('www-authenticate'), 'Bearer')
      t.match(answer.error?.data, { error: 'UnauthorizedError', statusCode: 401 }, 'what a hook refuses keeps its body')
    }
  }
  const noted = await post(url, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
  t.strictSame([noted.status, await noted.text()], [202, ''])
})

t.test('A tool that needs what the client cannot do is not run', async t => {
  const { url } = await createFixture(t, { needs: () => ['elicitation'] })
  const response = await ask(url, 'tools/call', call('echo_say'))
  t.equal(response.status, 400)
  t.match((await json(response)).error, { code: -32021, data: { requiredCapabilities: { elicitation: {} } } })
  const able = await ask(url, 'tools/call', call('echo_say'), { meta: { [`${PREFIX}clientCapabilities`]: { elicitation: {} } } })
  t.match((await json(able)).result, { structuredContent: { text: 'hello' } })
})
