import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { wire } from '../fixtures/wired.ts'
import { ask, listen, raw } from './ask.ts'

const TOKEN = '0123456789abcdef'
const headers = { authorization: `Bearer ${TOKEN}` }
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n${more}\r\n`

interface Line { status: number, [field: string]: unknown }

async function serve (t: Test) {
  const { services } = wire(t, { api: { apiKeys: [{ name: 'ci', key: TOKEN, permissions: ['admin'] }] } })
  const lines: Line[] = []
  let heard = () => {}
  const app = await buildApp(services, {
    answered (line) {
      lines.push(JSON.parse(line) as Line)
      heard()
    }
  })
  t.teardown(() => app.close())
  return {
    app,
    port: await listen(app),
    /** So many lines, once they are there. */
    async lines (count: number) {
      while (lines.length < count) await new Promise<void>(resolve => { heard = resolve })
      return lines
    }
  }
}

t.test('who is refused before any key is looked at has a line too', async t => {
  const { port, lines } = await serve(t)
  await ask(port, 'GET', '/api/status?word=secret', { headers: { ...headers, host: 'evil.example' } })
  await ask(port, 'GET', '/api/status', { headers: { ...headers, origin: 'http://evil.example' } })
  t.match(await lines(2), [{ method: 'GET', path: '/api/status', status: 403, key: null, address: '127.0.0.1' }, { status: 403, key: null }])
})

t.test('each of several requests of one connection has one line', async t => {
  const { port, lines } = await serve(t)
  await raw(port, get('/api/status') + get('/nowhere') + get('/health/live', 'Connection: close\r\n'))
  t.match((await lines(3)).map(({ path, status }) => [path, status]), [['/api/status', 200], ['/nowhere', 404], ['/health/live', 200]])
  t.equal(new Set((await lines(3)).map(({ requestId }) => requestId)).size, 3)
})

for (const [what, bytes] of [
  ['a wait', get('/api/events?after=0&wait=30000')],
  ['a body', 'POST /api/teams/tell HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ' + TOKEN + '\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{']
] as const) {
  t.test(`${what} that its client gives up has a line which says so, and who it was`, async t => {
    const { app, port, lines } = await serve(t)
    const socket = connect(port, '127.0.0.1')
    socket.write(bytes)
    await once(app.server, 'request')
    socket.destroy()
    t.match(await lines(1), [{ status: 499, key: 'ci', address: '127.0.0.1' }])
  })
}

t.test('a stream has its line at its end, also where its client ends it', async t => {
  const { port, lines } = await serve(t)
  const socket = connect(port, '127.0.0.1')
  socket.write(get('/api/events/stream'))
  await once(socket, 'data')
  await ask(port, 'GET', '/health/live')
  t.match(await lines(1), [{ path: '/health/live' }], 'not at its beginning')
  socket.destroy()
  t.match((await lines(2))[1], { path: '/api/events/stream', status: 200, key: 'ci', address: '127.0.0.1' })
})

t.test('an upgrade that is refused has a line, one that becomes a socket has none', async t => {
  const { app, port, lines } = await serve(t)
  for (const path of ['/ws', '/graphql']) {
    const socket = connect(port, '127.0.0.1')
    const [peer] = await once(app.server, 'connection') as [Socket]
    socket.write(get(path, UPGRADE + 'Sec-WebSocket-Protocol: graphql-transport-ws\r\n'))
    await once(socket, 'data')
    const closed = once(peer, 'close')
    socket.destroy()
    await closed
  }
  await raw(port, get('/nowhere', UPGRADE))
  t.match((await lines(1)).map(({ path, status }) => [path, status]), [['/nowhere', 404]])
})
