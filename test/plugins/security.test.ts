import t from 'tap'
import { apiOf, bearer, callFor, house, tools } from './app.ts'
import { ask, listen } from './ask.ts'
import rest from '../../plugins/rest.ts'

t.test('a Host that is not ours is refused, whatever it asks for', async t => {
  const { app, api } = await house(t, { host: '192.0.2.7', api: apiOf({ hosts: ['Iris.example.org'] }) })
  app.get('/open', async () => 'ok')
  await app.register(rest, { prefix: '/api', tools, call: callFor })
  const port = await listen(app)
  const at = (host: string, path = '/open') => ask(port, 'GET', path, { headers: { host, ...bearer('root') } })

  for (const host of ['127.0.0.1', `127.0.0.1:${port}`, '127.9.8.7:1', 'localhost', 'LOCALHOST:80', 'iris.localhost', '[::1]:1615', '192.0.2.7:1615', 'iris.example.org', 'IRIS.example.org:443']) {
    t.equal((await at(host)).status, 200, `${host} is ours`)
  }
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', 'evillocalhost', '127.0.0.1@evil.example', '0.0.0.0', '192.0.2.8', '[::2]', '127.0.0.1:1:2', 'iris.example.org.evil.example', ' ', '127.1', '2130706433']) {
    for (const path of ['/open', '/api/things/a', '/nowhere']) {
      t.match(await at(host, path), { status: 403, json: { error: 'ForbiddenError', message: /api\.hosts/, statusCode: 403 } }, `${host} is not, at ${path}`)
    }
  }
  api.hosts = ['evil.example']
  t.equal((await at('evil.example')).status, 200, 'a reload is seen')
})

t.test('a bound IPv6 address is a Host of its own', async t => {
  const { app } = await house(t, { host: '2001:db8::7' })
  app.get('/open', async () => 'ok')
  t.equal((await app.inject({ url: '/open', headers: { host: '[2001:db8::7]:1615' } })).statusCode, 200)
  t.equal((await app.inject({ url: '/open', headers: { host: '[2001:db8::8]:1615' } })).statusCode, 403)
})

t.test('an Origin must be the server\'s own or on the list', async t => {
  const { app, api } = await house(t, { api: apiOf({ cors: ['https://dash.example.org'] }) })
  app.get('/open', async () => 'ok')
  const port = await listen(app)
  const from = (origin: string, host = `127.0.0.1:${port}`) => ask(port, 'GET', '/open', { headers: { host, origin } })

  for (const origin of [`http://127.0.0.1:${port}`, `https://127.0.0.1:${port}`, 'https://dash.example.org', 'HTTPS://dash.example.org']) {
    t.equal((await from(origin)).status, 200, `${origin} may`)
  }
  for (const origin of ['null', 'https://evil.example', 'http://dash.example.org', 'https://dash.example.org.evil.example', 'https://dash.example.org:444', 'http://127.0.0.1:1', `http://localhost:${port}`, `ftp://127.0.0.1:${port}`, 'file://', '']) {
    t.match(await from(origin), { status: 403, json: { error: 'ForbiddenError', message: /api\.cors/ } }, `${origin} may not`)
  }
  api.cors = ['https://evil.example']
  t.equal((await from('https://evil.example')).status, 200, 'a reload is seen')
})

t.test('an allowed page may ask first, read the limits, and needs no key for asking', async t => {
  const { app } = await house(t, { api: apiOf({ cors: ['https://dash.example.org'] }) })
  await app.register(rest, { prefix: '/api', tools, call: callFor })
  const port = await listen(app)
  const origin = 'https://dash.example.org'

  const preflight = await ask(port, 'OPTIONS', '/api/things/a', {
    headers: { origin, 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'authorization, content-type' }
  })
  t.match(preflight, {
    status: 204,
    headers: { 'access-control-allow-origin': origin, 'access-control-allow-methods': /DELETE/, 'access-control-allow-headers': /authorization/, vary: /Origin/ }
  })
  const answer = await ask(port, 'GET', '/api/things/a', { headers: { origin, ...bearer('root') } })
  t.match(answer, { status: 200, headers: { 'access-control-allow-origin': origin, 'access-control-expose-headers': /ratelimit-remaining.*retry-after.*x-request-id/ } })
  const refused = await ask(port, 'GET', '/api/things/a', { headers: { origin } })
  t.match(refused, { status: 401, headers: { 'access-control-allow-origin': origin } }, 'a refusal can be read too')

  const foreign = await ask(port, 'OPTIONS', '/api/things/a', { headers: { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' } })
  t.match(foreign, { status: 403, json: { error: 'ForbiddenError' } })
  t.notOk(foreign.headers['access-control-allow-origin'])
  t.match(await ask(port, 'OPTIONS', '/api/things/a'), { status: 405, json: { error: 'MethodNotAllowedError' } }, 'an OPTIONS that is no preflight')
  t.notOk((await ask(port, 'GET', '/api/things/a', { headers: bearer('root') })).headers['access-control-allow-origin'], 'who has no Origin hears nothing of it')
})

t.test('the headers of helmet stand on every answer, and each has its own request id', async t => {
  const { app } = await house(t)
  app.get('/open', async () => 'ok')
  const port = await listen(app)
  const ids = new Set()
  for (const path of ['/open', '/nowhere']) {
    const { headers } = await ask(port, 'GET', path)
    t.match(headers, {
      'content-security-policy': /default-src 'none'/,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'x-request-id': /./
    }, path)
    t.notOk(headers['strict-transport-security'])
    ids.add(headers['x-request-id'])
  }
  t.equal(ids.size, 2)
})

t.test('an answer that is data has those of them that matter where no page is shown', async t => {
  const { app } = await house(t)
  await app.register(rest, { prefix: '/api', tools, call: callFor })
  const port = await listen(app)
  for (const [path, status] of [['/api/things/a', 200], ['/api/nowhere', 404]] as const) {
    const answer = await ask(port, 'GET', path, { headers: bearer('root') })
    t.match(answer, { status, headers: { 'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/, 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin', 'x-request-id': /./ } }, path)
    t.notOk(answer.headers['referrer-policy'] ?? answer.headers['cross-origin-opener-policy'], path)
  }
})
