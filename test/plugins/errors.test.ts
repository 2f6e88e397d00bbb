import { connect } from 'node:net'
import t from 'tap'
import { IrisError, QueueFullError, ValidationError } from '../../src/errors.ts'
import rest from '../../plugins/rest.ts'
import { house, apiOf, bearer, callFor, tools, NOW } from './app.ts'
import { ask, listen, raw, type Json } from './ask.ts'

const json = { ...bearer('root'), 'content-type': 'application/json' }

t.test('every answer of 400 and above is the one error body', async t => {
  const { app } = await house(t, { api: apiOf({ bodyLimit: 1024 }) })
  app.get('/broken', async () => { throw Object.assign(new Error('a password of ours'), { statusCode: 404, code: 'ENOENT' }) })
  app.get('/full', async () => { throw new QueueFullError('full', { details: { retryAfter: 7.2 } }) })
  app.get('/odd', async () => { throw new IrisError('NotReadyError', 503, 'stopping') })
  app.get('/thrown', async () => { throw 'a string' }) // eslint-disable-line no-throw-literal
  app.get('/named/:name', async () => 'never')
  app.post('/echo', async request => request.body)
  await app.register(rest, { prefix: '/api', tools, call: callFor })
  const port = await listen(app)

  const rows: [string, string, string, Parameters<typeof ask>[3], number, string, RegExp][] = [
    ['bad JSON', 'POST', '/api/things/a/say', { headers: json, body: '{"text":' }, 400, 'ValidationError', /not valid JSON/],
    ['a poisoned prototype', 'POST', '/api/things/a/say', { headers: json, body: '{"__proto__":{"x":1}}' }, 400, 'ValidationError', /unknown field '__proto__'/],
    ['a poisoned constructor', 'POST', '/api/things/a/say', { headers: json, body: '{"constructor":{"prototype":{}}}' }, 400, 'ValidationError', /unknown field 'constructor'/],
    ['a form', 'POST', '/api/things/a/say', { headers: { ...bearer('root'), 'content-type': 'application/x-www-form-urlencoded' }, body: '{"text":"hi"}' }, 400, 'ValidationError', /Content-Type: application\/json/],
    ['plain text', 'POST', '/api/things/a/say', { headers: { ...bearer('root'), 'content-type': 'text/plain' }, body: '{"text":"hi"}' }, 400, 'ValidationError', /Content-Type: application\/json/],
    ['a malformed content type', 'POST', '/api/things/a/say', { headers: { ...bearer('root'), 'content-type': ';;' }, body: '{}' }, 400, 'ValidationError', /Content-Type: application\/json/],
    ['a body without a content type', 'POST', '/api/things/a/say', { headers: bearer('root'), body: '{}' }, 400, 'ValidationError', /Content-Type: application\/json/],
    ['a bad encoding in the path', 'GET', '/named/%E0%A4%A', {}, 400, 'ValidationError', /not well encoded/],
    ['too long a part of the path', 'GET', `/named/${'x'.repeat(2000)}`, {}, 400, 'ValidationError', /too long/],
    ['too large a body', 'POST', '/api/things/a/say', { headers: json, body: JSON.stringify({ text: 'x'.repeat(2000) }) }, 413, 'PayloadTooLargeError', /api\.bodyLimit/],
    ['an unknown route', 'GET', '/nowhere?key=secret', {}, 404, 'NotFoundError', /^There is no GET \/nowhere\. /],
    ['a wrong method', 'PUT', '/api/things/a/say', { headers: json, body: '{}' }, 405, 'MethodNotAllowedError', /There is no PUT \/api\/things\/a\/say, but POST$/],
    ['a wrong method, and nothing that could be read', 'QUERY', '/api/things/a', { body: '{' }, 405, 'MethodNotAllowedError', /but DELETE, GET$/],
    ['a method that only proxies speak', 'TRACE', '/api/things/a', {}, 405, 'MethodNotAllowedError', /but DELETE, GET$/],
    ['an unknown route, and no JSON', 'POST', '/nowhere', { headers: json, body: '{' }, 404, 'NotFoundError', /^There is no POST \/nowhere\. /],
    ['a fault of ours, with the trappings of a row', 'GET', '/broken', {}, 500, 'InternalError', /^Internal error$/],
    ['what is not even an error', 'GET', '/thrown', {}, 500, 'InternalError', /^Internal error$/],
    ['a row of a tool', 'POST', '/api/things/a/say', { headers: json, body: '{"text":"late"}' }, 408, 'TellTimeoutError', /30000 ms/],
    ['a fault in a tool', 'POST', '/api/things/a/say', { headers: json, body: '{"text":"break"}' }, 500, 'InternalError', /^Internal error$/],
    ['a row that may be tried again', 'GET', '/full', {}, 429, 'QueueFullError', /full/],
    ['a row without details', 'GET', '/odd', {}, 503, 'NotReadyError', /stopping/]
  ]
  for (const [what, method, path, sent, status, error, message] of rows) {
    const { status: got, json: body, headers, text } = await ask(port, method, path, sent)
    t.equal(got, status, `${what}: ${status}`)
    t.match(body, { error, message, statusCode: status, timestamp: NOW }, what)
    t.strictSame(Object.keys(body).filter(key => !['error', 'message', 'statusCode', 'timestamp', 'details'].includes(key)), [], `${what}: no further fields`)
    t.match(headers['content-type'], 'application/json', `${what} is JSON`)
    t.ok(headers['x-request-id'], `${what} has a request id`)
    t.notMatch(text, /secret|password|stack|node_modules/, `${what} leaks nothing`)
  }
  t.equal((await ask(port, 'GET', '/full')).headers['retry-after'], '8', 'Retry-After is whole seconds')
  t.equal((await ask(port, 'GET', '/odd')).headers['retry-after'], undefined)
  t.equal((await ask(port, 'OPTIONS', '/api/things/a')).headers.allow, 'DELETE, GET')
  t.equal((await ask(port, 'OPTIONS', '/nowhere')).headers.allow, undefined)
})

t.test('a fault of ours is logged with its cause, a refusal is not', async t => {
  const lines: Json[] = []
  const { app } = await house(t, { logger: { level: 'error', stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } } })
  app.get('/broken', async () => { throw new Error('a password of ours') })
  app.get('/refused', async () => { throw new ValidationError('no') })
  const port = await listen(app)
  await ask(port, 'GET', '/refused')
  await ask(port, 'GET', '/broken')
  t.equal(lines.length, 1)
  t.match(lines[0], { err: { message: 'a password of ours', stack: /errors\.test/ } })
})

t.test('bytes that are no HTTP get the error body too', async t => {
  const { app } = await house(t)
  const port = await listen(app)
  for (const [bytes, message] of [
    ['rubbish\r\n\r\n', /well-formed/],
    [`GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'x'.repeat(40_000)}\r\n\r\n`, /too large/],
    ['GET / HTTP/1.1\r\n\r\n', /./]
  ] as const) {
    const answer = await raw(port, bytes)
    t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/)
    if (bytes.startsWith('GET / HTTP/1.1\r\n\r\n')) continue // Node itself answers a request without Host, without a body
    t.match(JSON.parse(answer.split('\r\n\r\n')[1]!), { error: 'ValidationError', message, statusCode: 400, timestamp: NOW })
  }
  t.equal((await ask(port, 'GET', '/x')).status, 404, 'and the server lives')
})

t.test('a body that is cut off is nobody\'s fault of ours', async t => {
  const lines: string[] = []
  const { app } = await house(t, { logger: { level: 'error', stream: { write: (line: string) => { lines.push(line) } } } })
  const answered = new Promise<number>(resolve => { app.addHook('onSend', async (_request, reply) => { resolve(reply.statusCode) }) })
  await app.register(rest, { prefix: '/api', tools, call: callFor })
  const port = await listen(app)
  const socket = connect(port, '127.0.0.1')
  app.server.once('request', () => socket.resetAndDestroy())
  socket.write('POST /api/things/a/say HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer root\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"te')
  t.equal(await answered, 400)
  t.strictSame(lines, [])
})
