import t from 'tap'
import rest from '../../plugins/rest.ts'
import { apiOf, bearer, callerOf, callFor, house, tools } from './app.ts'
import { ask, listen } from './ask.ts'

const rate = (max: number, tells = 1000) => apiOf({ rateLimit: { max, window: 900_000, tells, tellWindow: 60_000 } })

async function start (t: Parameters<typeof house>[0], api = rate(3)) {
  const made = await house(t, { api })
  made.app.get('/open', async () => 'ok')
  await made.app.register(rest, { prefix: '/api', tools, call: callFor })
  made.app.get('/frames/:n', { config: { auth: true } }, async request => {
    for (let left = Number((request.params as { n: string }).n); left > 0; left--) request.count()
    return 'ok'
  })
  const port = await listen(made.app)
  return { ...made, port, get: (path: string, token?: string) => ask(port, 'GET', path, token === undefined ? {} : { headers: bearer(token) }) }
}

t.test('a key has so many requests, says so on every answer, and is then told when to come back', async t => {
  const { get } = await start(t)
  t.match(await get('/api/things/a', 'root'), { status: 200, headers: { 'ratelimit-limit': '3', 'ratelimit-remaining': '2', 'ratelimit-reset': /^\d+$/ } })
  t.match(await get('/nowhere', 'root'), { status: 404, headers: { 'ratelimit-remaining': '1' } })
  t.match(await get('/api/things/A', 'root'), { status: 400, headers: { 'ratelimit-remaining': '0' } })
  const over = await get('/api/things/a', 'root')
  t.match(over, { status: 429, headers: { 'ratelimit-limit': '3', 'ratelimit-remaining': '0' }, json: { error: 'RateLimitedError', message: /More than 3 requests in 900 s/ } })
  t.equal(Number(over.headers['retry-after']), over.json.details.retryAfter)
  t.ok(over.json.details.retryAfter > 800 && over.json.details.retryAfter <= 900, 'in seconds')
  t.equal((await get('/open', 'root')).status, 200, 'what needs no key is not limited')
})

t.test('who has no key, or a wrong one, is counted by address', async t => {
  const { get } = await start(t)
  t.match(await get('/api/things/a'), { status: 401, headers: { 'ratelimit-remaining': '2' } })
  t.match(await get('/api/things/a', 'wrong'), { status: 401, headers: { 'ratelimit-remaining': '1' } })
  t.match(await get('/api/things/a', 'other'), { status: 401, headers: { 'ratelimit-remaining': '0' } })
  t.match(await get('/api/things/a', 'third'), { status: 429 })
  t.match(await get('/api/things/a', 'root'), { status: 200, headers: { 'ratelimit-remaining': '2' } }, 'a right key is not')
})

t.test('a key\'s own rate comes before the configured one, and both follow a reload', async t => {
  const { api, keys, get } = await start(t)
  keys.set('busy', callerOf('busy', ['status'], { rateLimit: 50 }))
  t.match(await get('/api/things/a', 'busy'), { headers: { 'ratelimit-limit': '50', 'ratelimit-remaining': '49' } })
  await get('/api/things/a', 'root')
  api.rateLimit = { ...api.rateLimit, max: 5 }
  t.match(await get('/api/things/a', 'root'), { headers: { 'ratelimit-limit': '5', 'ratelimit-remaining': '3' } }, 'what was counted stays counted')
  keys.set('busy', callerOf('busy', ['status'], { rateLimit: 1 }))
  t.match(await get('/api/things/a', 'busy'), { status: 429 })
})

t.test('requests and what is counted by hand are one count', async t => {
  const { get } = await start(t, rate(10))
  t.match(await get('/frames/7', 'root'), { status: 200, headers: { 'ratelimit-remaining': '9' } })
  t.match(await get('/api/things/a', 'root'), { status: 200, headers: { 'ratelimit-remaining': '1' } })
  t.match(await get('/frames/1', 'root'), { status: 429, json: { error: 'RateLimitedError' } })
})

t.test('tells have a limit of their own beside that of requests', async t => {
  const { port, api } = await start(t, rate(1000, 2))
  const say = (body: object) => ask(port, 'POST', '/api/things/a/say', { headers: { ...bearer('root'), 'content-type': 'application/json' }, body: JSON.stringify(body) })
  t.equal((await say({ text: 'one' })).status, 200)
  t.equal((await say({ text: 4 })).status, 400)
  t.equal((await say({ text: 'two' })).status, 200, 'what was malformed is no tell')
  const over = await say({ text: 'three' })
  t.match(over, { status: 429, headers: { 'retry-after': /^\d+$/ }, json: { error: 'RateLimitedError', message: /More than 2 tells in 60 s/ } })
  t.ok(over.json.details.retryAfter <= 60)
  api.rateLimit = { ...api.rateLimit, tells: 9 }
  t.equal((await say({ text: 'four' })).status, 200)
})
