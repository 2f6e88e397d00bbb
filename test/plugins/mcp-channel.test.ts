import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { apiOf, bearer, callerOf, NOW } from './app.ts'
import { cancelled, channelWorld, initialize, modern, older, say } from './mcp-channel-world.ts'

const many = () => apiOf({ rateLimit: { max: 1e6, window: 900_000, tells: 1e6, tellWindow: 60_000 } })

t.test('both generations, on one socket: who begins with initialize has begun with it, and who says its version needs not', async t => {
  const { open } = await channelWorld(t)
  const line = await open()
  t.equal(line.socket.protocol, 'mcp')
  t.match(await line.ask(modern(1, 'server/discover')), { id: 1, result: { resultType: 'complete', supportedVersions: ['2026-07-28'], instructions: 'Tell it.', ttlMs: 60_000, cacheScope: 'public' } })
  t.match(await line.ask(say(2)), { id: 2, result: { resultType: 'complete', structuredContent: { text: 'hello', timestamp: NOW }, _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'iris', version: '1.2.3' } } } })
  t.match(await line.ask(older(3, 'tools/list')), { id: 3, error: { code: -32602, message: /lacks io.modelcontextprotocol\/protocolVersion/ } })
  t.match(await line.ask(modern(4, 'initialize', { protocolVersion: '2025-11-25', capabilities: {} })), { id: 4, error: { code: -32601 } })

  t.match(await line.ask(initialize('2025-06-18')), { id: 'init', result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'iris', version: '1.2.3' }, instructions: 'Tell it.' } })
  line.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
  t.strictSame((await line.ask(older(5, 'ping'))).result, {})
  const list = await line.ask(older(6, 'tools/list'))
  t.strictSame(list.result!.tools, (await line.ask(modern(7, 'tools/list'))).result!.tools)
  t.match(await line.ask(older(8, 'tools/call', { name: 'echo_say', arguments: { text: 'again' } })), { id: 8, result: { structuredContent: { text: 'again' } } })
  t.match(await line.ask(say('nine')), { id: 'nine', result: { resultType: 'complete' } })
  t.match(await line.ask(older(10, 'nothing/such')), { id: 10, error: { code: -32601 } })
})

t.test('a revision that is not known is answered with ours, and initialize must say what it has to', async t => {
  const { open } = await channelWorld(t)
  const line = await open()
  t.match(await line.ask(initialize('1999-01-01')), { result: { protocolVersion: '2025-11-25' } })
  t.match(await line.ask(older(1, 'initialize', { capabilities: {} })), { id: 1, error: { code: -32602 } })
  t.match(await line.ask(older(2, 'initialize', { protocolVersion: '2025-11-25' })), { id: 2, error: { code: -32602 } })
  t.match(await line.ask(modern(3, 'tools/list', {}, { 'io.modelcontextprotocol/protocolVersion': '2030-01-01' })), { error: { code: -32022, data: { supported: ['2026-07-28'] } } })
})

t.test('who may not comes to no socket: the key, the Origin and the handshake are judged before', async t => {
  const { port } = await channelWorld(t)
  const refused = async (headers: Record<string, string>, protocol = 'mcp') => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mcp`, protocol, { headers })
    const [, response] = await once(socket, 'unexpected-response') as [unknown, { statusCode: number }]
    socket.on('error', () => {})
    socket.terminate()
    return response.statusCode
  }
  t.equal(await refused(bearer('nobody')), 401)
  t.equal(await refused({}), 401)
  t.equal(await refused({ ...bearer('root'), origin: 'http://elsewhere.example' }), 403)
  const other = new WebSocket(`ws://127.0.0.1:${port}/mcp`, 'chat', { headers: bearer('root') })
  await t.rejects(once(other, 'open'), /subprotocol/)
  t.equal((await fetch(`http://127.0.0.1:${port}/mcp`, { headers: bearer('root') })).status, 405, 'and there is no stream to GET')
})

t.test('a key is judged at each message: what it may, and whether it counts at all', async t => {
  const { open, keys } = await channelWorld(t)
  keys.set('k', callerOf('k', ['status', 'tell']))
  const line = await open('k')
  t.match(await line.ask(say(1, 'x', 'echo_tell')), { result: { structuredContent: { text: 'x' } } })
  keys.set('k', callerOf('k', ['status']))
  t.match(await line.ask(say(2, 'x', 'echo_tell')), { result: { isError: true, structuredContent: { error: 'ForbiddenError' } } })
  keys.delete('k')
  t.match(await line.ask(say(3)), { id: 3, error: { code: 401, data: { error: 'UnauthorizedError' } } })
  t.match(await line.closed, { code: 4401 })
})

t.test('a key that may no longer speak as its channel does is refused like one that is revoked', async t => {
  const { open, keys } = await channelWorld(t)
  keys.set('k', { ...callerOf('k'), as: new Set(['ci', 'k']) })
  const line = await open('k', { headers: { ...bearer('k'), 'iris-as': 'ci' } })
  t.match(await line.ask(say(1)), { result: { structuredContent: { text: 'hello' } } })
  keys.set('k', { ...callerOf('k'), as: new Set(['k']) })
  t.match(await line.ask(say(2)), { id: 2, error: { code: 403, message: /may not speak as 'ci'/, data: { error: 'ForbiddenError' } } })
  t.match(await line.closed, { code: 4401 })
})

t.test('a key that is revoked while nobody asks closes the socket by the next ping', async t => {
  const { open, keys, clock } = await channelWorld(t)
  keys.set('k', callerOf('k'))
  const line = await open('k')
  await line.ask(say(1))
  keys.delete('k')
  clock.advance(15_000)
  t.match(await line.closed, { code: 4401 })
})

t.test('each message counts against the limit of its key, and one that only notifies is not answered', async t => {
  const { open } = await channelWorld(t, { api: apiOf({ rateLimit: { max: 4, window: 900_000, tells: 1, tellWindow: 60_000 } }) })
  const line = await open() // the upgrade is one
  t.match(await line.ask(say(1, 'x', 'echo_tell')), { result: { structuredContent: { text: 'x' } } })
  line.send({ jsonrpc: '2.0', method: 'notifications/any' })
  t.match(await line.ask(say(3, 'x', 'echo_tell')), { result: { isError: true, structuredContent: { error: 'RateLimitedError' } } }, 'tells have a limit of their own')
  t.match(await line.ask(say(4)), { id: 4, error: { code: 429, message: /More than 4 requests/, data: { error: 'RateLimitedError', statusCode: 429, details: { limit: 4 } } } })
  line.send({ jsonrpc: '2.0', method: 'notifications/any' })
  t.match(await line.ask(say(5)), { id: 5, error: { code: 429 } })
})

t.test('what is malformed is refused by JSON-RPC, and the socket lives', async t => {
  const { open } = await channelWorld(t)
  const line = await open()
  const cases: [unknown, number, unknown][] = [
    ['{"jsonrpc":', -32700, undefined], ['null', -32600, undefined], ['"x"', -32600, undefined], ['[]', -32600, undefined],
    [[say(1)], -32600, 1], [['x'], -32600, undefined], [{ id: 1, method: 'ping' }, -32600, 1], [{ jsonrpc: '2.0', id: 1 }, -32600, 1],
    [{ jsonrpc: '2.0', id: 1.5, method: 'ping' }, -32600, undefined], [{ jsonrpc: '2.0', id: null, method: 'ping' }, -32600, undefined],
    [{ jsonrpc: '2.0', id: 2, method: {} }, -32600, 2], [{ jsonrpc: '2.0', id: 3, method: 'tools/call', params: [] }, -32602, 3],
    [modern(4, 'tools/call', { name: 'nobody_knows' }), -32602, 4], [modern(6, 'tools/call', { name: { toString: 1, valueOf: 1 } }), -32602, 6], [modern(7, 'tools/call', { name: 'x'.repeat(10_000) }), -32602, 7]
  ]
  for (const [sent, code, id] of cases) {
    const answer = await line.ask(sent)
    t.equal(answer.error?.code, code, JSON.stringify(sent))
    t.strictSame(answer.id, id)
  }
  t.equal((await line.ask(modern(8, 'tools/call', { name: 'echo_sya' }))).error!.message, 'Unknown tool: echo_sya; did you mean echo_say?')
  line.send({ jsonrpc: '2.0', id: 99, result: {} }, { jsonrpc: '2.0', id: 98, error: {} }, cancelled({}), { jsonrpc: '2.0', method: 'notifications/cancelled' })
  t.match(await line.ask(say(5)), { id: 5, result: {} }, 'and nobody answers an answer')
  line.socket.send(Buffer.from('{}'))
  t.match(await line.closed, { code: 1003 })
})

t.test('a message as large as a body may be is taken, a larger one closes', async t => {
  const { open, api } = await channelWorld(t)
  const line = await open()
  const fill = (bytes: number) => JSON.stringify(say(1, 'x'.repeat(bytes - JSON.stringify(say(1, '')).length)))
  t.equal((await line.ask(fill(api.bodyLimit))).id, 1)
  line.send(fill(api.bodyLimit + 1))
  t.match(await line.closed, { code: 1009 })
})

t.test('batches are for the revisions that know them, and short', async t => {
  const { open } = await channelWorld(t)
  const line = await open()
  await line.ask(initialize('2025-03-26'))
  line.send([older(1, 'ping'), { jsonrpc: '2.0', method: 'notifications/initialized' }, older(2, 'ping')])
  t.match([await line.next(), await line.next()], [{ id: 1, result: {} }, { id: 2, result: {} }])
  line.send(Array.from({ length: 21 }, (_, id) => older(id, 'ping')))
  for (let id = 0; id < 21; id++) t.match(await line.next(), { id, error: { code: -32600, message: /1 to 20/ } })
  await line.ask(initialize('2025-11-25'))
  t.match(await line.ask([older(1, 'ping')]), { id: 1, error: { code: -32600, message: /no batches/ } })
})

t.test('progress comes before the answer, with the token that was given', async t => {
  const { open } = await channelWorld(t)
  const line = await open()
  line.send(say(1, 'so it goes', 'echo_tell', { progressToken: 'p' }))
  const said = [await line.next(), await line.next(), await line.next(), await line.next()]
  t.strictSame(said.map(({ method, params }) => [method, params!.progressToken, params!.progress]), [1, 2, 3, 4].map(n => ['notifications/progress', 'p', n]))
  t.match(await line.next(), { id: 1, result: { structuredContent: { text: 'so it goes' } } })
})

t.test('a request that is given up hears so, and is not answered', async t => {
  const { open, heard } = await channelWorld(t)
  const line = await open()
  await line.ask(initialize())
  for (const request of [say('new', 'x', 'echo_wait'), older('old', 'tools/call', { name: 'echo_wait', arguments: { text: 'x' } })]) {
    const waiting = once(heard, 'waiting')
    line.send(request)
    const [signal] = await waiting as [AbortSignal]
    const aborted = once(signal, 'abort')
    line.send(cancelled(request.id))
    await aborted
  }
  t.match(await line.ask(say('next')), { id: 'next' })
})

t.test('a client that goes away gives up what it has asked', async t => {
  const { open, heard } = await channelWorld(t)
  const line = await open()
  const waiting = once(heard, 'waiting')
  line.send(say(1, 'x', 'echo_wait'))
  const [signal] = await waiting as [AbortSignal]
  const aborted = once(signal, 'abort')
  line.socket.terminate()
  await aborted
})

t.test('so many wait at once, and no more', async t => {
  const { open, heard } = await channelWorld(t, { api: many() })
  const line = await open()
  line.send(...Array.from({ length: 257 }, (_, id) => say(id, 'x', 'echo_wait')))
  t.match(await line.next(), { id: 256, error: { code: 429, message: /256 requests/ } })
  heard.emit('go')
  for (let n = 0; n < 256; n++) await line.next()
  t.match(await line.ask(say('again')), { id: 'again', result: {} })
})

t.test('a reader that is too far behind misses progress, never the result', async t => {
  const { open } = await channelWorld(t)
  const line = await open()
  line.send(say(1, 'x'.repeat(32 * 1024), 'echo_flood', { progressToken: 1 }))
  let seen = 0
  let message = await line.next()
  for (; message.method === 'notifications/progress'; message = await line.next()) seen++
  t.match(message, { id: 1, result: { structuredContent: { text: 'flooded' } } })
  t.ok(seen > 0 && seen < 200, `${seen} of 400`)
})

t.test('who does not read is not heard, until it does', async t => {
  const { open, heard } = await channelWorld(t, { api: many() })
  const [line, witness] = [await open(), await open()]
  line.socket.pause()
  const large = 'x'.repeat(32 * 1024)
  for (let id = 0; id < 300; id++) line.send(say(id, large))
  let begun = 0
  heard.on('waiting', () => { begun++ })
  line.send(say('last', 'x', 'echo_wait'))
  for (let n = 0; n < 100; n++) await witness.ask(say(n))
  t.equal(begun, 0)
  const waiting = once(heard, 'waiting')
  line.socket.resume()
  for (let id = 0; id < 300; id++) t.equal((await line.next()).id, id)
  await waiting
})

t.test('a peer that does not answer a ping is gone by the next', async t => {
  const { open, clock } = await channelWorld(t)
  const live = await open()
  const dead = await open('root', { autoPong: false })
  const pinged = Promise.all([live, dead].map(({ socket }) => once(socket, 'ping')))
  clock.advance(15_000)
  await pinged
  await live.ask(say(1))
  clock.advance(15_000)
  t.match(await dead.closed, { code: 1006 })
  t.match(await live.ask(say(2)), { id: 2 })
})

t.test('a server that stops answers what is about to be answered, ends what only waits, and says so', async t => {
  const { app, open, heard, clock } = await channelWorld(t)
  const [busy, stream, stuck] = [await open(), await open(), await open()]
  t.match(await stream.ask(modern('s', 'subscriptions/listen')), { method: 'notifications/subscriptions/acknowledged', params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 's' } } })
  for (const line of [busy, stuck]) {
    const waiting = once(heard, 'waiting')
    line.send(say(1, 'x', 'echo_wait'))
    await waiting
  }
  const closing = app.close()
  t.match(await stream.next(), { id: 's', result: { _meta: { 'io.modelcontextprotocol/subscriptionId': 's' } } })
  t.match(await stream.closed, { code: 1001 })
  busy.send(cancelled(1))
  t.match(await busy.closed, { code: 1001, reason: 'The server stops' })
  clock.advance(1_000)
  t.match(await stuck.closed, { code: 1001 })
  clock.advance(5_000)
  await closing
  t.equal(clock.pending, 0, 'no timer is left')
})

t.test('a stream of changes ends with what gives it up', async t => {
  const { open } = await channelWorld(t)
  const line = await open()
  await line.ask(modern('s', 'subscriptions/listen'))
  line.send(cancelled('s'))
  t.match(await line.ask(say(1)), { id: 1 }, 'without an answer')
})
