import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import rest from '../../plugins/rest.ts'
import { defineTool } from '../../src/tool.ts'
import { bearer, callFor, house, NOW, tools } from './app.ts'
import { ask, listen } from './ask.ts'

const json = { ...bearer('root'), 'content-type': 'application/json' }

async function start (t: Parameters<typeof house>[0], list = tools) {
  const made = await house(t)
  await made.app.register(rest, { prefix: '/api', tools: list, call: callFor })
  return { ...made, port: await listen(made.app) }
}

t.test('path, query and body make one input, and text becomes what the field is', async t => {
  const { port } = await start(t)
  const get = async (query: string) => (await ask(port, 'GET', `/api/things/a${query}`, { headers: bearer('root') })).json
  t.match(await get(''), { given: { teamName: 'a', deep: false }, speaker: 'root', timestamp: NOW })
  t.strictSame((await get('?limit=10&deep=true&words=x&words=1')).given, { teamName: 'a', limit: 10, deep: true, words: ['x', '1'] })
  t.strictSame((await get('?words=x')).given.words, ['x'], 'one of a list')
  t.match(await get('?limit=banana&deep=true'), { error: 'ValidationError', message: "'limit' must be a whole number" })
  t.match(await get('?limit=0'), { error: 'ValidationError', message: "'limit' must be at least 1" })
  t.match(await get('?limit=1&limit=2'), { error: 'ValidationError', message: "'limit' must be a whole number" })
  t.match(await get('?deep=yes'), { error: 'ValidationError', message: "'deep' must be true or false" })
  t.match(await get('?limt=1'), { error: 'ValidationError', message: /unknown field 'limt'; thing_get takes teamName, limit/ })
  t.match(await get('?__proto__=1&constructor=2'), { error: 'ValidationError', message: /unknown field/ })
  t.match(await get('?teamName=a'), { given: { teamName: 'a' } }, 'twice the same is once')
  t.match(await get('?teamName=b'), { error: 'ValidationError', message: "'teamName' is given twice, with different values" })

  const say = async (body: unknown, query = '') => (await ask(port, 'POST', `/api/things/a/say${query}`, { headers: json, body: JSON.stringify(body) })).json
  t.match(await say({ text: 'hi' }), { said: 'hi' })
  t.match(await say({ teamName: 'a', text: 'hi' }), { said: 'hi' })
  t.match(await say({ text: 'hi' }, '?count=3'), { said: 'hi' })
  t.match(await say({ text: 'hi', count: 3 }, '?count=3'), { said: 'hi' })
  t.match(await say({ text: 'hi', count: 3 }, '?count=4'), { error: 'ValidationError', message: /'count' is given twice/ })
  t.match(await say({ teamName: 'b' }), { error: 'ValidationError', message: /'teamName' is given twice/ })
  t.match(await say({ count: '3' }), { error: 'ValidationError', message: "'count' must be a whole number" }, 'a body has types of its own')
  t.match(await say({ teamName: [[]] }), { error: 'ValidationError' })
  for (const body of [[], [1], 'text', 5, true]) t.match(await say(body), { error: 'ValidationError', message: 'the input must be an object' }, JSON.stringify(body))
  t.match(await say(null), { error: 'ValidationError', message: 'The body must be a JSON object' })
})

t.test('a request may come without a body, whatever its headers promise', async t => {
  const { port } = await start(t)
  for (const [method, path] of [['POST', '/api/things/a/say'], ['DELETE', '/api/things/a']] as const) {
    for (const [headers, body] of [[bearer('root'), undefined], [json, undefined], [json, ''], [json, ' \n'], [json, '{}'], [{ ...json, 'transfer-encoding': 'chunked' }, '']] as const) {
      t.match(await ask(port, method, path, { headers, ...(body !== undefined && { body }) }), { status: 200, json: { timestamp: NOW } }, `${method} ${JSON.stringify(headers)} ${String(body)}`)
    }
    t.match(await ask(port, method, path, { headers: json, body: '{"x":1}' }), { status: 400, json: { message: /unknown field 'x'/ } })
  }
  t.match(await ask(port, 'POST', '/api/things/a/say', { headers: { ...json, 'content-type': 'application/json; charset=utf-8' }, body: '{"text":"ü"}' }), { json: { said: 'ü' } })
})

t.test('an alias is the same tool, and nothing answers to HEAD', async t => {
  const { port } = await start(t)
  t.match(await ask(port, 'GET', '/api/things/a/get?limit=2', { headers: bearer('root') }), { status: 200, json: { given: { limit: 2 } } })
  t.match(await ask(port, 'GET', '/api/things/a/get'), { status: 401 })
  t.equal((await ask(port, 'HEAD', '/api/things/a', { headers: bearer('root') })).status, 405)
})

t.test('a caller that hangs up aborts its call; one that waits does not, body or none', async t => {
  let started = () => {}
  let release = () => {}
  let ended!: (aborted: boolean) => void
  const wait = defineTool({
    name: 'thing_wait',
    title: 'Wait',
    description: 'Waits.',
    permission: 'status',
    http: { method: 'POST', url: '/wait' },
    input: Type.Object({}, { additionalProperties: false }),
    output: {},
    team: null,
    async handler (_input, { signal }) {
      await new Promise<void>(resolve => {
        release = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
        started()
      })
      ended(signal.aborted)
      return {}
    }
  })
  const { port } = await start(t, [wait])

  for (const body of [undefined, '{}']) {
    const outcome = new Promise<boolean>(resolve => { ended = resolve })
    const running = new Promise<void>(resolve => { started = resolve })
    const asked = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/api/wait', headers: json, agent: false })
    const closed = once(asked, 'error')
    asked.end(body)
    await running
    asked.destroy(new Error('hung up'))
    await closed
    t.equal(await outcome, true, `hung up, ${String(body)}`)
  }
  for (const body of [undefined, '{}']) {
    const outcome = new Promise<boolean>(resolve => { ended = resolve })
    const running = new Promise<void>(resolve => { started = resolve })
    const answer = ask(port, 'POST', '/api/wait', { headers: json, ...(body !== undefined && { body }) })
    await running
    // Another request runs from start to end meanwhile, so the first one's body is long read.
    const other = connect(port, '127.0.0.1')
    other.end('GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    await once(other.resume(), 'close')
    release()
    t.equal(await outcome, false, `waited, ${String(body)}`)
    t.equal((await answer).status, 200)
  }
})

t.test('what a tool returns goes through its output schema', async t => {
  const { port } = await start(t)
  const answer = await ask(port, 'GET', '/api/things/a', { headers: bearer('root') })
  t.match(answer.headers['content-type'], /^application\/json/)
  t.strictSame(Object.keys(answer.json), ['given', 'speaker', 'timestamp'])
})
