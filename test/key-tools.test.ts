import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import type { KeyGrant } from '../schemas/key.ts'
import { hashKey } from '../src/keys.ts'
import { readAdminKey, writeAdminKey } from '../src/server-file.ts'
import { run, type Running } from './fixtures/running.ts'
import { listen } from './fixtures/socket-client.ts'
import { transports, type Answer } from './fixtures/transports.ts'
import { scratch } from './fixtures/wired.ts'

type Call = (tool: string, input?: Record<string, unknown>, idempotencyKey?: string) => Promise<Answer>

/** Calls tools with this key. */
async function by (server: Running, key: string): Promise<Call> {
  const { call } = await transports.rest!(server.url, key)
  return (tool, input = {}, idempotencyKey) => call(tool, input, idempotencyKey)
}

const tokenOf = ({ body }: Answer) => (body as { key: string }).key
const named = ({ body }: Answer) => (body as { keys: { keyName: string }[] }).keys.map(({ keyName }) => keyName)
const refused = (message: RegExp, error = 'ForbiddenError') => ({ ok: false, body: { error, message } })

/** Everything that is stored, as it stands on the disk. */
const stored = (home: string) => readdirSync(join(home, '.iris')).filter(name => name.startsWith('iris.db')).map(name => readFileSync(join(home, '.iris', name), 'latin1')).join('')

t.test('a key is made, seen, made anew and revoked, each counting from the next request on', async t => {
  const server = await run(t)
  const admin = await by(server, server.key)
  const made = await admin('key_create', { keyName: 'CI/CD Pipeline ☂', permissions: ['status'], teams: ['echo'], as: ['ci'], rateLimit: 50, expiresAt: 4e12 })
  t.match(made, { ok: true, body: { keyName: 'CI/CD Pipeline ☂', permissions: ['status'], teams: ['echo'], as: ['ci'], rateLimit: 50, expiresAt: 4e12, createdAt: Number, key: /^iris_sk_[\w-]{43}$/ } })
  const list = async () => ((await admin('key_list')).body as unknown as { keys: object[] }).keys
  t.match(await list(), [{ keyName: 'CI/CD Pipeline ☂', state: 'valid', source: 'store', own: false, local: false }, { keyName: 'admin', own: true, lastUsedAt: Number }])
  t.notOk('lastUsedAt' in (await list())[0]!, 'nobody has used it')
  t.match(await (await by(server, tokenOf(made)))('team_list'), { ok: true })
  t.match(await list(), [{ lastUsedAt: Number }, {}])

  const anew = await admin('key_rotate', { keyName: 'CI/CD Pipeline ☂' })
  t.match(await (await by(server, tokenOf(made)))('team_list'), refused(/revoked/, 'UnauthorizedError'))
  t.match(await (await by(server, tokenOf(anew)))('team_list'), { ok: true })
  t.match(await admin('key_revoke', { keyName: 'CI/CD Pipeline ☂' }), { ok: true, body: { revoked: true, own: false } })
  t.match(await (await by(server, tokenOf(anew)))('team_list'), refused(/revoked/, 'UnauthorizedError'))
  const [first] = await list()
  t.match(first, { state: 'revoked', revokedAt: Number })
  t.match(await admin('key_revoke', { keyName: 'CI/CD Pipeline ☂' }), { ok: true })
  t.equal((await list() as { revokedAt: number }[])[0]!.revokedAt, (first as { revokedAt: number }).revokedAt, 'it was revoked then')
  t.match(await admin('key_rotate', { keyName: 'CI/CD Pipeline ☂' }), refused(/is revoked\. Create a new one/, 'ValidationError'))
  t.match(await admin('key_create', { keyName: 'CI/CD Pipeline ☂', permissions: ['tell'] }), refused(/is named .* already, which is revoked\. Choose another name$/, 'ValidationError'))
  t.same(server.errors, [])
})

t.test('a name of 64 characters that no URL takes as they are is one, and what could not be in a path or a line is none', async t => {
  const server = await run(t)
  const admin = await by(server, server.key)
  const keyName = '€'.repeat(64)
  t.match(await admin('key_create', { keyName, permissions: ['tell'] }), { ok: true })
  t.match(await admin('key_revoke', { keyName }), { ok: true, body: { keyName } })
  for (const wrong of ['.', '..', 'two\nlines', 'iris_sk_x']) t.match(await admin('key_create', { keyName: wrong, permissions: ['tell'] }), refused(/A key's name has no/, 'ValidationError'))
  t.match(await admin('key_create', { keyName: 'late', permissions: ['tell'], expiresAt: 1 }), refused(/over already/, 'ValidationError'))
})

t.test('with an idempotency key a key is made once, and shown once: also after a restart it is nowhere', async t => {
  const home = scratch(t)
  const first = await run(t, { home })
  const admin = await by(first, first.key)
  const input = { keyName: 'ci', permissions: ['tell'] }
  const made = await admin('key_create', input, 'once')
  const anew = await admin('key_rotate', { keyName: 'ci' }, 'anew')
  const tokens = [made, anew].map(tokenOf)
  for (const token of tokens) t.match(token, /^iris_sk_/)
  const again = async (call: Call) => {
    for (const [tool, given, key, answer] of [['key_create', input, 'once', made], ['key_rotate', { keyName: 'ci' }, 'anew', anew]] as const) {
      const { key: _, ...rest } = answer.body as { key: string }
      t.strictSame(await call(tool, given, key), { ok: true, body: rest }, `${tool} is answered with all but the key`)
    }
    t.match(await call('key_create', { ...input, permissions: ['admin'] }, 'once'), refused(/used before with another input/, 'IdempotencyMismatchError'))
  }
  await again(admin)
  t.ok(first.services.keys.authenticate(tokens[1]!), 'it was not made anew again')
  for (const token of tokens) t.notOk(stored(home).includes(token))
  t.ok(stored(home).includes(hashKey(tokens[1]!)))
  await first.close()

  const second = await run(t, { home, key: first.key })
  await again(await by(second, first.key))
  t.ok(second.services.keys.authenticate(tokens[1]!))
  for (const token of tokens) t.notOk(stored(home).includes(token))
  t.same([...first.errors, ...second.errors], [])
})

t.test('who makes a key is in the trail and the key is not, whoever slips', async t => {
  const server = await run(t)
  const admin = await by(server, server.key)
  const heard: unknown[] = []
  server.services.log.subscribe('all', published => { heard.push(published) })
  const token = tokenOf(await admin('key_create', { keyName: 'ci', permissions: ['tell'] }))
  await admin('key_create', { keyName: 'ci', permissions: ['tell'] })
  await admin('key_revoke', { keyName: token })
  await admin('key_create', { keyName: token, permissions: ['tell'] })
  await admin('key_rotate', { keyName: 'ci' })
  await (await by(server, token))('key_list')
  await (await by(server, server.makeKey({ name: 'weak', permissions: ['tell'] })))('key_revoke', { keyName: 'ci' })
  const { rows } = server.services.audit.list({ limit: 20 })
  t.match(rows.reverse(), [
    { caller: 'admin', via: 'rest', address: '127.0.0.1', tool: 'key_create', keyName: 'ci', outcome: 'ok' },
    { tool: 'key_create', keyName: 'ci', outcome: 'ValidationError' },
    { tool: 'key_revoke', keyName: null, outcome: 'NotFoundError' },
    { tool: 'key_create', keyName: null, outcome: 'ValidationError' },
    { tool: 'key_rotate', keyName: 'ci', outcome: 'ok' },
    { caller: null, tool: 'authenticate', outcome: 'UnauthorizedError' },
    { caller: 'weak', tool: 'key_revoke', keyName: null, outcome: 'ForbiddenError' }
  ])
  const metrics = await (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.key}` } })).text()
  for (const place of [JSON.stringify(rows), JSON.stringify(heard), metrics]) t.notOk(place.includes('iris_sk_'))
})

t.test('what a key makes is never more than itself', async t => {
  const server = await run(t, { teams: { other: {} } })
  const admin = await by(server, server.key)
  const limits: Partial<KeyGrant> = { teams: ['echo'], as: ['ops', 'dev'], rateLimit: 1000, expiresAt: 4e12 }
  const held = await by(server, server.makeKey({ name: 'held', ...limits }))

  const child = await held('key_create', { keyName: 'child', permissions: ['admin'] })
  t.match(child, { ok: true, body: { ...limits, permissions: ['admin'] } }, 'what is not said is as the maker\'s')
  const grandchild = await by(server, tokenOf(child))
  for (const [more, why] of [
    [{ teams: ['echo', 'other'] }, /does not reach the team 'other'/],
    [{ as: ['backend'] }, /may not speak as 'backend'/],
    [{ rateLimit: 1001 }, /may make 1000 requests per window/],
    [{ expiresAt: 4e12 + 1 }, /ends at 2096-10-02.*and that one later/]
  ] as const) {
    for (const call of [held, grandchild]) t.match(await call('key_create', { keyName: 'more', permissions: ['tell'], ...more }), refused(why))
  }
  t.match(await held('key_create', { keyName: 'less', permissions: ['tell'], as: ['dev'], rateLimit: 1, expiresAt: 3e12 }), { ok: true, body: { teams: ['echo'], as: ['dev'], rateLimit: 1, expiresAt: 3e12 } })
  t.match(await (await by(server, tokenOf(child)))('team_status', { teamName: 'other' }), refused(/does not reach the team 'other'/))

  await admin('key_create', { keyName: 'beside', permissions: ['tell'], teams: ['other'] })
  await admin('key_create', { keyName: 'lasting', permissions: ['tell'], teams: ['echo'], as: ['dev'], rateLimit: 5 })
  for (const [keyName, why] of [['admin', /does not reach all teams/], ['beside', /does not reach the team 'other'/]] as const) {
    for (const tool of ['key_revoke', 'key_rotate']) t.match(await held(tool, { keyName }), { ok: false, body: { error: 'ForbiddenError' } })
    t.match(await held('key_revoke', { keyName }), refused(why))
  }
  t.match(await held('key_rotate', { keyName: 'lasting' }), refused(/and that one later/), 'who rotates a key has it')
  t.match(await held('key_rotate', { keyName: 'less' }), { ok: true })
  t.match(await held('key_revoke', { keyName: 'lasting' }), { ok: true })
  t.same(named(await held('key_list')), ['child', 'held', 'lasting', 'less'])
  t.same(named(await admin('key_list')), ['admin', 'beside', 'child', 'held', 'lasting', 'less'])
})

t.test('a key may revoke itself, but not the last that manages the others', async t => {
  const server = await run(t, { teams: { other: {} } })
  const admin = await by(server, server.key)
  for (const [keyName, grant] of Object.entries({ weak: { permissions: ['tell'] }, held: { permissions: ['admin'], teams: ['echo'] }, gone: { permissions: ['admin'] } })) await admin('key_create', { keyName, ...grant })
  server.makeKey({ name: 'expired', expiresAt: 1 })
  await admin('key_revoke', { keyName: 'gone' })
  const last = refused(/'admin' is the last.*Create another.*iris key revoke/, 'ValidationError')
  t.match(await admin('key_revoke', { keyName: 'admin' }), last)
  const deputy = await by(server, tokenOf(await admin('key_create', { keyName: 'deputy', permissions: ['admin'] })))
  t.match(await admin('key_revoke', { keyName: 'admin' }), { ok: true, body: { own: true } })
  t.match(await admin('key_list'), refused(/revoked/, 'UnauthorizedError'))
  t.match(await deputy('key_revoke', { keyName: 'deputy' }), refused(/'deputy' is the last/, 'ValidationError'))
  server.services.keys.revoke('deputy')
  t.match(await deputy('key_list'), refused(/revoked/, 'UnauthorizedError'), 'the machine itself may')
})

t.test('a key of config.yaml is changed there, and counts as one that manages others', async t => {
  const server = await run(t, { api: { apiKeys: [{ name: 'ops', key: 'a-long-enough-secret', permissions: ['admin'] }] } })
  const ops = await by(server, 'a-long-enough-secret')
  for (const tool of ['key_revoke', 'key_rotate']) t.match(await ops(tool, { keyName: 'ops' }), refused(/'ops' is in config\.yaml: change it there/, 'ValidationError'))
  t.match(await ops('key_list'), { body: { keys: [{ keyName: 'ops', source: 'config', own: true }, { keyName: 'admin', source: 'store' }] } })
  t.notMatch(JSON.stringify(await ops('key_list')), /a-long-enough-secret/)
  t.match(await ops('key_revoke', { keyName: 'admin' }), { ok: true })
})

t.test('the command line of the machine goes on with its key when that is rotated from afar', async t => {
  const server = await run(t)
  const home = join(server.home, '.iris')
  writeAdminKey(home, server.key)
  const admin = await by(server, server.key)
  t.match(await admin('key_list'), { body: { keys: [{ keyName: 'admin', local: true }] } })
  const other = tokenOf(await admin('key_create', { keyName: 'other', permissions: ['admin'] }))
  await admin('key_rotate', { keyName: 'other' })
  t.equal(readAdminKey(home), server.key, 'that of another changes nothing')
  const anew = tokenOf(await admin('key_rotate', { keyName: 'admin' }))
  t.equal(readAdminKey(home), anew)
  t.match(await (await by(server, anew))('key_list'), { body: { keys: [{ keyName: 'admin', local: true }, { keyName: 'other', local: false }] } })
  t.match(await (await by(server, other))('key_list'), refused(/revoked/, 'UnauthorizedError'))
  t.ok(existsSync(join(home, '.gitignore')))
})

t.test('a socket of a revoked key is closed at its next word, and its stream is not opened again', async t => {
  const server = await run(t)
  const admin = await by(server, server.key)
  const token = tokenOf(await admin('key_create', { keyName: 'ci', permissions: ['status', 'cache:read'] }))
  const { socket, send, event } = await listen(t, server, token)
  await event('hello')
  await admin('key_revoke', { keyName: 'ci' })
  const closed = new Promise<number>(resolve => { socket.on('close', resolve) })
  send('system_status', {}, 'one')
  t.match((await event('error')).data, { error: 'UnauthorizedError' })
  t.equal(await closed, 4401)
  const status = await new Promise(resolve => { request(`${server.url}/api/events/stream`, { headers: { authorization: `Bearer ${token}` } }, response => { response.resume(); resolve(response.statusCode) }).end() })
  t.equal(status, 401)
})

t.test('keys that one gives to oneself do not ask anybody where no key is asked for', async t => {
  const server = await run(t, { api: { requireAuth: false } })
  const { call } = await transports.rest!(server.url, null)
  t.match(await call('key_create', { keyName: 'ci', permissions: ['tell'] }), { ok: true })
  t.match(await call('key_revoke', { keyName: 'admin' }), { ok: true, body: { own: false } }, 'nobody needs one to manage them')
})
