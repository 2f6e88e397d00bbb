import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Target } from '../../src/cli/client.ts'
import type { Message } from '../../src/cli/mcp-message.ts'
import { openSocket } from '../../src/cli/mcp-socket.ts'
import { bridged as bridgedBy, heldBack, INITIALIZE, INITIALIZED, LARGE, MANY, request, result as resultOf } from './upstream.ts'

const result = (...given: Parameters<typeof resultOf>) => JSON.stringify(resultOf(...given))

/** A scripted server of channels: hands each message to `handle`, and keeps what came. */
async function scripted (t: Test, handle: (message: Message, socket: WebSocket) => void, { limit }: { limit?: number } = {}) {
  const http = createServer((_request, response) => { response.writeHead(405).end() }).listen(0, '127.0.0.1')
  const sockets = new WebSocketServer({ server: http, path: '/mcp', handleProtocols: () => 'mcp' })
  const got: Message[] = []
  const upgrades: Record<string, unknown>[] = []
  if (limit !== undefined) sockets.on('headers', headers => { headers.push(`Iris-Body-Limit: ${limit}`) })
  sockets.on('connection', (socket, { headers }) => {
    upgrades.push(headers)
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message
      got.push(message)
      handle(message, socket)
    })
  })
  await once(http, 'listening')
  const stop = () => {
    for (const socket of sockets.clients) socket.terminate()
    http.close()
  }
  t.teardown(stop)
  return { got, upgrades, sockets, stop, target: { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, key: 'k' } }
}

/** A bridge whose links are channels. */
const bridged = (t: Test, connect: () => Promise<Target>) =>
  bridgedBy(t, connect, { 'iris-as': 'web' }, async ({ connect, headers }, events) => (await openSocket(await connect(), headers, events))!)

const until = async (met: () => boolean) => { while (!met()) await new Promise(setImmediate) }

t.test('lines become frames and frames lines, in order, by one connection that says who speaks', async t => {
  const { got, upgrades, target } = await scripted(t, ({ id }, socket) => { if (id !== undefined) socket.send(result(id, { of: id })) })
  const { send, next, stdin, done } = bridged(t, async () => target)
  send(INITIALIZE, INITIALIZED, request(1), request('ä"b'), request(-3))
  for (const id of [0, 1, 'ä"b', -3]) t.match(await next(), { id, result: { of: id } })
  t.strictSame(got.map(({ id, method }) => id ?? method), [0, 'notifications/initialized', 1, 'ä"b', -3])
  t.match(upgrades, [{ authorization: 'Bearer k', 'iris-as': 'web', 'sec-websocket-protocol': 'mcp' }])
  stdin.end()
  await done
})

t.test('an answer is its request\'s whatever the order of its fields, and stays on one line', async t => {
  const { target } = await scripted(t, ({ id }, socket) => { socket.send(JSON.stringify({ result: { text: 'a\nb' }, jsonrpc: '2.0', id }, null, 2)) })
  const { send, next } = bridged(t, async () => target)
  send(request(1))
  t.strictSame(await next(), { result: { text: 'a\nb' }, jsonrpc: '2.0', id: 1 })
})

t.test('a server request reaches the client and the client\'s answer the server', async t => {
  const { got, target } = await scripted(t, ({ id, method }, socket) => {
    socket.send(method === undefined ? result('q') : JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'elicitation/create' }))
    if (method === undefined) socket.send(result(id === 1 ? 'q' : 0))
  })
  const { send, next } = bridged(t, async () => target)
  send(request('q'))
  t.match(await next(), { id: 1, method: 'elicitation/create' })
  send({ jsonrpc: '2.0', id: 1, result: { action: 'accept' } })
  t.match(await next(), { id: 'q', result: {} })
  t.match(got[1], { id: 1, result: { action: 'accept' } })
})

t.test('a server that dies: what runs there gets an error, and what only asks is asked again of the next, in a new session', async t => {
  const one = await scripted(t, ({ id, method }, socket) => { if (method === 'initialize') socket.send(result(id)) })
  const two = await scripted(t, ({ id }, socket) => { if (id !== undefined) socket.send(result(id, { from: 'two' })) })
  const targets = [one.target, two.target]
  const { send, next, lines, said } = bridged(t, async () => targets.shift()!)
  send(INITIALIZE, INITIALIZED)
  await next()
  send(request(1), request(2, {}, 'tools/list'))
  await until(() => one.got.length === 4)
  one.stop()
  const answers = [await next(), await next()]
  t.match(answers.find(({ id }) => id === 1), { error: { code: -32000, message: /went away.*tell_list/ } })
  t.match(answers.find(({ id }) => id === 2), { result: { from: 'two' } })
  t.match(two.got, [{ method: 'initialize', params: INITIALIZE.params }, { method: 'notifications/initialized' }, { id: 2, method: 'tools/list' }])
  send(request(3))
  t.match(await next(), { id: 3, result: { from: 'two' } })
  t.strictSame([lines, said], [[], []], 'the client sees nothing of it')
})

t.test('a question that is lost twice is an error', async t => {
  const { target, got } = await scripted(t, (_message, socket) => { socket.close(1001, 'The server stops') })
  const { send, next } = bridged(t, async () => target)
  send(request(1, {}, 'tools/list'))
  t.match(await next(), { id: 1, error: { message: /went away: The server stops/ } })
  t.equal(got.length, 2)
})

t.test('a request that never reached a server goes to the next one by itself, and where there is none it is an error', async t => {
  const gone = await scripted(t, () => {})
  gone.stop()
  const here = await scripted(t, ({ id }, socket) => { socket.send(result(id)) })
  const targets = [gone.target, here.target]
  const { send, next } = bridged(t, async () => targets.shift() ?? (() => { throw new Error('nothing here') })())
  send(request(1))
  t.match(await next(), { id: 1, result: {} })
  here.stop()
  send(request(2))
  t.match(await next(), { id: 2, error: { code: -32000 } })
  send(request(3))
  t.match(await next(), { id: 3, error: { message: /nothing here/ } })
})

t.test('a server that lets nobody in says why in its own words, at each request anew', async t => {
  let status = 401
  const body = { jsonrpc: '2.0', error: { code: 401, message: 'This key is wrong', data: { error: 'UnauthorizedError' } } }
  const http = createServer().on('upgrade', (_request, socket) => {
    const text = JSON.stringify(body)
    socket.end(`HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.teardown(() => http.close())
  const target = { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, key: 'k' }
  const { send, next, said } = bridged(t, async () => target)
  for (const id of [1, 2]) {
    send(request(id))
    t.match(await next(), { id, error: body.error })
  }
  send({ jsonrpc: '2.0', method: 'notifications/x' })
  await until(() => said.length > 0)
  t.match(said, [/not delivered: This key is wrong/])
  status = 404
  t.equal(await openSocket(target, {}, { hear: () => undefined, lost () {} }), null, 'and one that knows no channels is told apart')
})

t.test('a message that is longer than the server takes is refused, and the connection is not lost', async t => {
  const { target, got, upgrades } = await scripted(t, ({ id }, socket) => { socket.send(result(id)) }, { limit: 300 })
  const { send, next } = bridged(t, async () => target)
  const large = request(1, { text: 'ä'.repeat(150) })
  send(large, request(2))
  t.match([await next(), await next()].sort((a, b) => Number(a.id) - Number(b.id)), [{ id: 1, error: { code: 413, data: { error: 'PayloadTooLargeError' } } }, { id: 2, result: {} }])
  send({ ...large, id: 3 })
  t.match(await next(), { id: 3, error: { code: 413 } })
  t.equal(got.length, 1)
  t.equal(upgrades.length, 1)
})

t.test('what is given up is told to the server, and answered to nobody', async t => {
  const { target, got } = await scripted(t, ({ id, method }, socket) => {
    if (method === 'notifications/cancelled') socket.send(result('late'))
    if (method === 'ping') socket.send(result(id))
  })
  const { send, next } = bridged(t, async () => target)
  send(request('late'), { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'late' } }, request('p', {}, 'ping'))
  t.match(await next(), { id: 'p' })
  t.match(got[1], { method: 'notifications/cancelled', params: { requestId: 'late' } })
})

t.test('what has an id that no answer could have is refused here', async t => {
  const { target, got } = await scripted(t, ({ id }, socket) => { socket.send(result(id)) })
  const { send, next } = bridged(t, async () => target)
  for (const id of [1.5, {}, true]) {
    send(request(id))
    t.match(await next(), { id: null, error: { code: -32600, message: /string or an integer/ } })
  }
  send(request(1))
  t.match(await next(), { id: 1 })
  t.equal(got.length, 1)
})

t.test('a client that no longer reads ends the bridge at once', async t => {
  const { target, got } = await scripted(t, () => {})
  const { send, stdout, done } = bridged(t, async () => target)
  send(request(1))
  await until(() => got.length === 1)
  stdout.destroy(new Error('EPIPE'))
  await done
})

t.test('a batch goes as it is; what of it has no answer when the server dies gets an error', async t => {
  const { target, got, stop } = await scripted(t, (message, socket) => {
    if (Array.isArray(message)) socket.send(result(1), () => { stop() })
  })
  const { send, next } = bridged(t, async () => target)
  send([request(1), request(2), INITIALIZED])
  t.match(await next(), { id: 1, result: {} })
  t.match(await next(), { id: 2, error: { message: /went away/ } })
  t.equal(got.length, 1)
})

t.test('at the end of stdin what is on its way is still answered; what has no answer holds it for a moment only', async t => {
  const { target, got } = await scripted(t, ({ id }, socket) => { if (id === 1) setImmediate(() => { socket.send(result(id)) }) })
  const first = bridged(t, async () => target)
  first.stdin.end(JSON.stringify(request(1)))
  await first.done
  t.match(first.lines, [{ id: 1, result: {} }])

  const second = bridged(t, async () => target)
  second.send(request(2))
  await until(() => got.length === 2)
  second.stdin.end()
  await second.armed()
  second.strike()
  await second.done
  t.strictSame(second.lines, [])
})

t.test('a notification just before the end of stdin is delivered', async t => {
  const { target, got } = await scripted(t, () => {})
  const { stdin, done } = bridged(t, async () => target)
  stdin.end(JSON.stringify(INITIALIZED))
  await done
  await until(() => got.length === 1)
})

t.test('a slow client is not buffered for: the server waits', async t => {
  let sent = 0
  const { target } = await scripted(t, ({ id }, socket) => {
    const more = () => {
      if (sent++ < MANY) socket.send(JSON.stringify(LARGE), more)
      else socket.send(result(id))
    }
    more()
  })
  await heldBack(t, bridged(t, async () => target), () => sent)
})

t.test('too many requests at once are refused, not queued', async t => {
  const { target } = await scripted(t, () => {})
  const { send, next } = bridged(t, async () => target)
  send(...Array.from({ length: 257 }, (_, id) => request(id)))
  t.match(await next(), { id: 256, error: { message: /More than 256/ } })
})
