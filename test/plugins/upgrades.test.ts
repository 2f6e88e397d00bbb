import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { house, NOW } from './app.ts'
import { listen, raw } from './ask.ts'

/** Two scopes that take WebSockets, as plugins have them. `heard`: what went through the router. */
async function scopes (t: Test, more: (app: FastifyInstance) => void = () => {}) {
  const { app } = await house(t)
  more(app)
  const heard: string[] = []
  app.addHook('onRequest', (request, _reply, done) => {
    heard.push(request.url)
    done()
  })
  for (const protocol of ['one', 'two']) {
    await app.register(async scope => {
      await scope.takeSockets({ bodyLimit: 100, protocol, stop () {} })
      scope.route({ method: 'GET', url: `/${protocol}`, handler: () => 'no upgrade', wsHandler (socket) { socket.send(socket.protocol) } })
    })
  }
  return { app, heard, port: await listen(app) }
}

t.test('however many scopes take WebSockets, each upgrade goes through the router once, and to its own', async t => {
  const { port, heard } = await scopes(t)
  for (const protocol of ['one', 'two']) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${protocol}`, ['other', protocol])
    t.teardown(() => { socket.terminate() })
    t.equal(String((await once(socket, 'message') as [Buffer])[0]), protocol)
  }
  t.strictSame(heard, ['/one', '/two'])
})

t.test('a handshake that is none is refused in the shape of every error, and its connection ends', async t => {
  const { port } = await scopes(t)
  for (const path of ['/one', '/two']) {
    const answer = await raw(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`)
    t.match(answer, /^HTTP\/1\.1 400 /)
    t.match(JSON.parse(answer.split('\r\n\r\n')[1]!), { error: 'ValidationError', message: /Sec-WebSocket-Key/, timestamp: NOW })
  }
})

t.test('who asks for another protocol with its request is answered in this one, body and all, and its connection goes on', async t => {
  const { app, port } = await scopes(t, app => { app.post('/said', async ({ body }) => ({ body })) })
  let connections = 0
  app.server.on('connection', () => { connections++ })
  const asking = (length: number) => `POST /said HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.teardown(() => { socket.destroy() })
  let heard = ''
  socket.on('data', (text: string) => { heard += text })
  const answers = async (count: number) => {
    while (heard.split('HTTP/1.1 ').length <= count) await once(socket, 'data')
    return heard.split('HTTP/1.1 ').slice(1).map(one => one.slice(0, 3) + one.split('\r\n\r\n')[1]!)
  }
  const routed = Promise.race([once(app.server, 'upgrade'), once(app.server, 'request')]) // as this Node has it
  socket.write(`${asking(10)}{"n":`)
  await routed
  socket.write('"é"}')
  t.strictSame(await answers(1), ['200{"body":{"n":"é"}}'], 'its body came in pieces')
  socket.write(`${asking(7)}{"n":2}`)
  t.strictSame((await answers(2)).slice(1), ['200{"body":{"n":2}}'])
  socket.write('GET /one HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  t.strictSame((await answers(3)).slice(2), ['200no upgrade'], 'and so does what follows')
  t.equal(connections, 1, 'it is counted once')
})
