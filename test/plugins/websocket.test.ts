import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { apiOf, bearer, callerOf, NOW } from './app.ts'
import { ask, raw } from './ask.ts'
import { greeted, world, type Client, type World } from './socket.ts'

async function refused ({ port }: World, options: { headers?: Record<string, string>, origin?: string }) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, options)
  const [, response] = await once(socket, 'unexpected-response')
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode, headers: response.headers, json: JSON.parse(text) }
}

t.test('a socket with a key is greeted at once', async t => {
  const w = await world(t)
  const client = await w.open()
  t.strictSame(await client.next(), { event: 'hello', data: { version: '1.2.3', head: 100 } })
})

t.test('an upgrade is refused like a request', async t => {
  const w = await world(t, { api: apiOf({ rateLimit: { max: 4, window: 900_000, tells: 9, tellWindow: 60_000 } }) })
  t.match(await refused(w, { headers: bearer('wrong') }), { status: 401, headers: { 'www-authenticate': /invalid_token/, 'ratelimit-limit': '4' }, json: { error: 'UnauthorizedError', statusCode: 401 } })
  t.match(await refused(w, { headers: { ...bearer('root'), host: 'evil.example' } }), { status: 403, json: { error: 'ForbiddenError' } })
  t.match(await refused(w, { headers: bearer('root'), origin: 'https://evil.example' }), { status: 403, json: { error: 'ForbiddenError' } })
  w.keys.set('busy', callerOf('busy', ['admin'], { rateLimit: 1 }))
  await w.open({ headers: bearer('busy') })
  t.match(await refused(w, { headers: bearer('busy') }), { status: 429, json: { error: 'RateLimitedError' } })
})

t.test('what is no upgrade is told so, and leaves no connection behind', async t => {
  const w = await world(t)
  t.match(await ask(w.port, 'GET', '/ws', { headers: bearer('root') }), { status: 400, json: { error: 'ValidationError', message: /WebSocket only/ } })
  t.equal((await ask(w.port, 'HEAD', '/ws', { headers: bearer('root') })).status, 405)
  const head = 'Host: localhost\r\nAuthorization: Bearer root\r\nConnection: Upgrade\r\n'
  const handshake = await raw(w.port, `GET /ws HTTP/1.1\r\n${head}Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`)
  t.match(handshake, /^HTTP\/1\.1 400 /)
  t.match(JSON.parse(handshake.split('\r\n\r\n')[1]!), { error: 'ValidationError', message: /Sec-WebSocket-Key/, timestamp: NOW })
  const elsewhere = await raw(w.port, `GET /api/things/a HTTP/1.1\r\n${head.replace('Upgrade', 'close, Upgrade')}Upgrade: h2c\r\n\r\n`)
  t.match(elsewhere, /^HTTP\/1\.1 200 [^]*"speaker":"root"/, 'a client that would rather have HTTP/2 is answered in HTTP/1.1')
  t.match(await raw(w.port, `GET /%E0 HTTP/1.1\r\n${head}Upgrade: websocket\r\n\r\n`), /^HTTP\/1\.1 400 [^]*"ValidationError"/)
  t.match(await raw(w.port, `GET /ws HTTP/1.1\r\n${head}Upgrade: websocket\r\nOrigin: https://evil.example\r\n\r\n`), /^HTTP\/1\.1 403 [^]*"ForbiddenError"/)
  t.match(await raw(w.port, `GET /nowhere HTTP/1.1\r\n${head}Upgrade: websocket\r\n\r\n`), /^HTTP\/1\.1 404 [^]*"NotFoundError"/)
})

t.test('who brings no key says auth first', async t => {
  const w = await world(t)
  const client = await w.open({})
  t.match(await client.ask({ event: 'auth', data: { token: 'root' }, id: 1 }), { event: 'hello', data: { version: '1.2.3' }, id: 1 })
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' }, id: 2 }), { event: 'result', id: 2, data: { speaker: 'root' } })
  t.match(await client.ask({ event: 'auth', data: { token: 'root' }, id: 3 }), { event: 'error', id: 3, data: { error: 'ValidationError' } }, 'and only once')

  for (const frame of [{ event: 'auth', data: { token: 'wrong' } }, { event: 'auth', data: { token: 7 } }, { event: 'auth' }, { event: 'auth', data: null }, { event: 'thing_get', data: {} }, 'no json', '[]']) {
    const other = await w.open({})
    t.match(await other.ask(frame as object), { event: 'error', data: { error: 'UnauthorizedError', statusCode: 401, message: frame === '[]' ? /first frame/ : /./ } }, JSON.stringify(frame))
    t.match(await other.closed(), { code: 4401 })
  }

  const silent = await w.open({})
  w.clock.advance(4_999)
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'result' })
  t.equal(silent.socket.readyState, WebSocket.OPEN)
  w.clock.advance(1)
  t.match(await silent.next(), { event: 'error', data: { error: 'UnauthorizedError' } })
  t.match(await silent.closed(), { code: 4401 })
})

t.test('where no key is required none is needed, and one that is sent is judged', async t => {
  const w = await world(t, { api: apiOf({ requireAuth: false }) })
  const client = await w.open({})
  t.match(await client.next(), { event: 'hello' })
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' } }), { data: { speaker: 'local' } })
  t.match(await client.ask({ event: 'auth', data: { token: 'root' } }), { event: 'hello' })
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' } }), { data: { speaker: 'root' } })
  const other = await w.open({})
  await other.next()
  w.api.requireAuth = true
  t.match(await other.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'error', data: { error: 'UnauthorizedError' } })
  t.match(await other.closed(), { code: 4401 }, 'a reload is seen')
})

t.test('any tool answers by its name, with the id of its request', async t => {
  const w = await world(t)
  const client = await greeted(w)
  t.strictSame(await client.ask({ event: 'thing_get', data: { teamName: 'a', limit: 2 }, id: 'x' }), { event: 'result', data: { given: { teamName: 'a', limit: 2, deep: false }, speaker: 'root', timestamp: NOW }, id: 'x' })
  t.match(await client.ask({ event: 'thing_say', data: { teamName: 'a' } }), { event: 'result', data: { said: 'nothing' } })
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a', limit: '2' }, id: 0 }), { event: 'error', data: { error: 'ValidationError', message: "'limit' must be a whole number" }, id: 0 })
  t.match(await client.ask({ event: 'thing_say', data: { teamName: 'a', text: 'break' }, id: 'x' }), { event: 'error', data: { error: 'InternalError', message: 'Internal error' }, id: 'x' })
  w.keys.set('teller', callerOf('teller', ['tell']))
  const teller = await greeted(w, 'teller')
  t.match(await teller.ask({ event: 'thing_get', data: { teamName: 'a' }, id: 1 }), { event: 'error', data: { error: 'ForbiddenError' }, id: 1 })
})

t.test('malformed frames are told so, and nothing else happens', async t => {
  const w = await world(t)
  const client = await greeted(w)
  const rows: [unknown, RegExp, unknown?][] = [
    ['{', /must be JSON/], ['', /must be JSON/], ['[]', /must be an object/], ['null', /must be an object/], ['"x"', /must be an object/], ['5', /must be an object/],
    [{}, /needs an event/], [{ event: 5, id: 'i' }, /needs an event/, 'i'], [{ event: null }, /needs an event/],
    [{ event: 'nothing:such', id: 9 }, /^Nothing is called 'nothing:such'\. Any tool's name is an event$/, 9],
    [{ event: 'thing_gte', id: 10 }, /^Nothing is called 'thing_gte'; did you mean 'thing_get'\?$/, 10], [{ event: 'proces:subscribe' }, /; did you mean 'process:subscribe'\?$/], [{ event: 'constructor' }, /Nothing is called/], [{ event: '__proto__' }, /Nothing is called/],
    [{ event: 'thing_get', id: {} }, /id of a frame/], [{ event: 'thing_get', id: null }, /id of a frame/], [{ event: 'thing_get', id: 'x'.repeat(129) }, /id of a frame/], [{ event: 'thing_get', id: true }, /id of a frame/],
    [{ event: 'thing_get', ID: 1, id: 2 }, /Unknown field 'ID'/, 2],
    [{ event: 'thing_get', data: 'x', id: 3 }, /must be an object/, 3], [{ event: 'thing_get', data: [], id: 3 }, /must be an object/, 3],
    ['{"event":"thing_get","data":{"teamName":"a","__proto__":{}}}', /unknown field '__proto__'/]
  ]
  for (const [frame, message, id] of rows) {
    client.send(frame)
    const answer = await client.next()
    t.match(answer, { event: 'error', data: { error: 'ValidationError', message, statusCode: 400, timestamp: NOW } }, JSON.stringify(frame).slice(0, 60))
    t.equal(answer.id, id)
  }
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'result' })
})

t.test('what cannot be read at all closes that socket and no other', async t => {
  const w = await world(t)
  const bystander = await greeted(w)
  const rows: [number, (client: Client) => void][] = [
    [1003, ({ socket }) => { socket.send(Buffer.from('{"event":"thing_get"}'), { binary: true }) }],
    [1009, ({ socket }) => { socket.send('x'.repeat(65 * 1024)) }],
    [1007, ({ socket }) => { socket.send(Buffer.from([0xc3, 0x28]), { binary: false }) }]
  ]
  for (const [code, send] of rows) {
    const client = await greeted(w)
    send(client)
    t.match(await client.closed(), { code })
  }
  const rude = await greeted(w)
  rude.socket.terminate()
  const broken = await greeted(w)
  ;(broken.socket as unknown as { _socket: { write (bytes: string): void } })._socket.write('\xff\xff\xff rubbish')
  await broken.closed()
  t.match(await bystander.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'result' })
})

t.test('each frame counts as a request, whatever is in it', async t => {
  const w = await world(t, { api: apiOf({ rateLimit: { max: 5, window: 900_000, tells: 9, tellWindow: 60_000 } }) })
  const client = await greeted(w)
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'result' })
  t.match(await client.ask('{' as unknown as object), { event: 'error' })
  t.match(await ask(w.port, 'GET', '/api/things/a', { headers: bearer('root') }), { status: 200, headers: { 'ratelimit-remaining': '1' } })
  t.match(await client.ask({ event: 'nothing:such' }), { event: 'error', data: { error: 'ValidationError' } })
  const over = await client.ask({ event: 'thing_get', data: { teamName: 'a' }, id: 5 })
  t.match(over, { event: 'error', id: 5, data: { error: 'RateLimitedError', statusCode: 429 } })
  t.type(over.data.details.retryAfter, 'number')
  t.match(await ask(w.port, 'GET', '/api/things/a', { headers: bearer('root') }), { status: 429 })
  w.api.rateLimit = { ...w.api.rateLimit, max: 50 }
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'result' }, 'the socket stays')
})

t.test('a frame whose key cannot be looked up is answered, and the socket goes on', async t => {
  const w = await world(t)
  const client = await w.open()
  await client.next()
  w.keys.get = () => { throw new Error('disk I/O error') }
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' }, id: 1 }), { event: 'error', id: 1, data: { error: 'InternalError', statusCode: 500 } })
  Reflect.deleteProperty(w.keys, 'get')
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' }, id: 2 }), { event: 'result', id: 2 })
})
