import t from 'tap'
import rest from '../../plugins/rest.ts'
import { apiOf, bearer, callerOf, callFor, house, tools } from './app.ts'
import { ask, listen } from './ask.ts'

async function start (t: Parameters<typeof house>[0], requireAuth = true) {
  const made = await house(t, { api: apiOf({ requireAuth }) })
  await made.app.register(rest, { prefix: '/api', tools, call: callFor })
  const later = made.app.get('/later', { config: { auth: 'later' } }, async request => ({ caller: request.caller?.name ?? null }))
  const port = await listen(later)
  return { ...made, port, get: (headers = {}, path = '/api/things/a') => ask(port, 'GET', path, { headers }) }
}

t.test('without a key, and with a wrong one, 401 in different words', async t => {
  const { keys, get } = await start(t)
  t.match(await get(), { status: 401, headers: { 'www-authenticate': /^Bearer$/ }, json: { error: 'UnauthorizedError', message: /A key is needed.*Authorization: Bearer/ } })
  for (const authorization of ['Bearer wrong', 'Bearer ', 'Bearer', 'Bearer root root', 'Basic cm9vdDpyb290', 'root', 'Bearer\troot', 'Bearer __proto__']) {
    t.match(await get({ authorization }), { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, json: { error: 'UnauthorizedError', message: /wrong, expired or revoked/ } }, authorization)
  }
  for (const authorization of ['Bearer root', 'bearer root', 'BEARER  root']) t.equal((await get({ authorization })).status, 200, authorization)
  keys.delete('root')
  t.match(await get(bearer('root')), { status: 401, json: { message: /revoked/ } }, 'a revoked key is a wrong key at once')
})

t.test('a key without the permission is 403, not 401', async t => {
  const { keys, get } = await start(t)
  keys.set('teller', callerOf('teller', ['tell']))
  t.match(await get(bearer('teller')), { status: 403, headers: { 'www-authenticate': undefined }, json: { error: 'ForbiddenError', message: /lacks the permission 'status'/ } })
  keys.set('narrow', callerOf('narrow', ['status'], { teams: new Set(['b']) }))
  t.match(await get(bearer('narrow')), { status: 403, json: { error: 'ForbiddenError', message: /does not reach the team 'a'/ } })
})

t.test('where no key is required, none is the local caller and a wrong one is still wrong', async t => {
  const { api, get } = await start(t, false)
  t.match(await get(), { status: 200, json: { speaker: 'local' } })
  t.match(await get(bearer('root')), { status: 200, json: { speaker: 'root' } })
  t.equal((await get(bearer('wrong'))).status, 401)
  api.requireAuth = true
  t.equal((await get()).status, 401, 'a reload is seen')
})

t.test('a route whose key may come later lets the keyless pass, never the wrong', async t => {
  const { get } = await start(t)
  t.match(await get({}, '/later'), { status: 200, json: { caller: null } })
  t.match(await get(bearer('root'), '/later'), { status: 200, json: { caller: 'root' } })
  t.equal((await get(bearer('wrong'), '/later')).status, 401)
})

t.test('Iris-As narrows a caller to one of the names it may speak as', async t => {
  const { keys, get } = await start(t)
  keys.set('pipe', callerOf('pipe', ['status'], { self: 'frontend', as: new Set(['frontend', 'mobile']) }))
  const as = (name: string | string[], token: string) => get({ ...bearer(token), 'iris-as': name })
  t.match(await get(bearer('pipe')), { status: 200, json: { speaker: 'frontend' } })
  t.match(await as('mobile', 'pipe'), { status: 200, json: { speaker: 'mobile' } })
  t.match(await as('anyone', 'root'), { status: 200, json: { speaker: 'anyone' } }, 'a key that may speak as any')
  t.match(await as('backend', 'pipe'), { status: 403, json: { error: 'ForbiddenError', message: /may not speak as 'backend'/ } })
  for (const name of ['UPPER', '', '../x', 'a b', 'mobile, frontend', 'x'.repeat(65)]) {
    t.match(await as(name, 'pipe'), { status: 400, json: { error: 'ValidationError', message: /Iris-As is malformed/ } }, name)
  }
  t.match(await as('mobile', 'wrong'), { status: 401 }, 'a wrong key is told so first')
})

t.test('a refused request is refused before its body is read', async t => {
  const { port } = await start(t)
  const answer = await ask(port, 'POST', '/api/things/a/say', { headers: { 'content-type': 'application/json' }, body: 'not json' })
  t.equal(answer.status, 401)
})
