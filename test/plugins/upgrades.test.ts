import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { house, NOW } from './app.ts'
import { listen, raw } from './ask.ts'

/** Two scopes that take WebSockets, as plugins have them. `heard`: what went through the router. */
async function scopes (t: Test) {
  const { app } = await house(t)
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
