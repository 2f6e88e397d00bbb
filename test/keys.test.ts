import t from 'tap'
import { teamNameOf } from '../src/config/team-name.ts'
import { createKeys, hashKey } from '../src/keys.ts'
import { openStore } from '../src/store/sqlite.ts'
import { createTestClock } from './fixtures/test-clock.ts'
import { makeConfig, scratch } from './fixtures/wired.ts'

function make (test: Parameters<typeof scratch>[0], apiKeys: { name: string, key: string, permissions: ['tell'], expires?: string }[] = []) {
  const home = scratch(test)
  const store = openStore(home)
  test.teardown(() => { store.close() })
  const clock = createTestClock()
  let config = makeConfig(home, { api: { apiKeys } })
  return { store, clock, keys: createKeys({ store, clock, config: () => config }), reload: (next: typeof apiKeys) => { config = makeConfig(home, { api: { apiKeys: next } }) }, setAuth: (requireAuth: boolean) => { config = makeConfig(home, { api: { requireAuth } }) } }
}

t.test('a created key is its caller until it is revoked, and only its hash is kept', async t => {
  const { keys, store } = make(t)
  const { key } = keys.create({ name: 'CI/CD Pipeline', permissions: ['tell', 'wake'], teams: ['backend'] })
  t.match(key, /^iris_sk_[\w-]{43}$/)
  t.match(keys.authenticate(key), { name: 'CI/CD Pipeline', self: 'ci-cd-pipeline' })
  t.same([...keys.authenticate(key)!.teams!], ['backend'])
  t.notMatch(JSON.stringify(store.keys.list()), key)
  t.notMatch(JSON.stringify(keys.list()), hashKey(key))
  keys.revoke('CI/CD Pipeline')
  t.equal(keys.authenticate(key), null)
})

t.test('an unknown key, a part of a key and a longer key are nobody', async t => {
  const { keys } = make(t)
  const { key } = keys.create({ name: 'k', permissions: ['tell'] })
  for (const wrong of ['', 'x', key.slice(0, -1), key + 'x', hashKey(key), `sha256:${hashKey(key)}`]) t.equal(keys.authenticate(wrong), null, wrong)
})

t.test('a key expires by the clock', async t => {
  const { keys, clock } = make(t)
  const { key } = keys.create({ name: 'k', permissions: ['tell'], expiresAt: clock.now() + 10 })
  t.ok(keys.authenticate(key))
  await clock.advance(10)
  t.equal(keys.authenticate(key), null)
})

t.test('rotation ends the old key and keeps the grants', async t => {
  const { keys } = make(t)
  const { key } = keys.create({ name: 'k', permissions: ['tell'], as: ['frontend', 'other'] })
  const next = keys.rotate('k').key
  t.equal(keys.authenticate(key), null)
  t.match(keys.authenticate(next), { name: 'k', self: 'frontend' })
})

t.test('one name has one key; revoking one name touches no other, whatever their beginnings', async t => {
  const { keys } = make(t)
  keys.create({ name: 'ci', permissions: ['tell'] })
  const other = keys.create({ name: 'ci-2', permissions: ['tell'] }).key
  t.throws(() => keys.create({ name: 'ci', permissions: ['tell'] }), { name: 'ValidationError' })
  t.throws(() => { keys.revoke('c') }, { name: 'NotFoundError' })
  keys.revoke('ci')
  t.ok(keys.authenticate(other))
})

t.test('no two keys speak as one by their names alone', async t => {
  const { keys } = make(t, [{ name: 'From config', key: 'a-long-enough-secret', permissions: ['tell'] }])
  keys.create({ name: 'CI/CD', permissions: ['tell'] })
  t.throws(() => keys.create({ name: 'ci cd', permissions: ['tell'] }), { name: 'ValidationError', message: /'ci cd' would speak as 'ci-cd', as 'CI\/CD' does.*--as/ })
  t.throws(() => keys.create({ name: 'from-config', permissions: ['tell'] }), { message: /as 'From config' does/ })
  t.match(keys.authenticate(keys.create({ name: 'ci cd', permissions: ['tell'], as: ['other'] }).key), { self: 'other' })
  t.ok(keys.create({ name: 'other', permissions: ['tell'] }), 'whom a key was given by name is no accident')
})

t.test('keys of config.yaml work as text and as hash, and a reload takes effect', async t => {
  const { keys, reload } = make(t, [{ name: 'plain', key: 'a-long-enough-secret', permissions: ['tell'] }, { name: 'hashed', key: `sha256:${hashKey('another')}`, permissions: ['tell'] }])
  t.equal(keys.authenticate('a-long-enough-secret')?.name, 'plain')
  t.equal(keys.authenticate('another')?.name, 'hashed')
  t.throws(() => { keys.revoke('plain') }, { message: /in config.yaml: change it there/ })
  reload([])
  t.equal(keys.authenticate('a-long-enough-secret'), null)
})

t.test('a lent key is whoever it was lent to is at that moment, until its end, and is kept nowhere', async t => {
  const { keys, store } = make(t)
  let name = 'agent:a:1'
  const caller = () => ({ name, self: 'a', permissions: new Set(['tell'] as const), teams: null, as: new Set(['a']) })
  const { key, end } = keys.lend(caller)
  const other = keys.lend(caller)
  t.match(keys.authenticate(key), { name: 'agent:a:1' })
  name = 'agent:a:2'
  t.match(keys.authenticate(key), { name: 'agent:a:2' })
  t.same([keys.list(), store.keys.list()], [[], []])
  end()
  t.equal(keys.authenticate(key), null)
  t.ok(keys.authenticate(other.key))
  t.throws(() => keys.create({ name: 'agent:a:2', permissions: ['admin'] }), { name: 'ValidationError', message: /those of agents/ })
})

t.test('a caller is found by its name as long as its key is in force', async t => {
  const { keys, clock, setAuth } = make(t, [{ name: 'plain', key: 'a-long-enough-secret', permissions: ['tell'] }])
  keys.create({ name: 'short', permissions: ['wake'], expiresAt: clock.now() + 10 })
  keys.create({ name: 'gone', permissions: ['wake'] })
  t.match(keys.named('plain'), { self: 'plain' })
  t.match(keys.named('short'), { self: 'short' })
  keys.revoke('gone')
  await clock.advance(10)
  t.same(['short', 'gone', 'nobody', 'local'].map(name => keys.named(name)), [null, null, null, null])
  setAuth(false)
  t.match(keys.named('local'), { name: 'local' }, 'where no key is asked for, everybody here is one')
})

t.test('the name a key speaks as is a valid team name', async t => {
  for (const [name, team] of [['CI/CD Pipeline', 'ci-cd-pipeline'], ['---', 'key'], ['Ünïcode', 'n-code'], ['a'.repeat(80), 'a'.repeat(64)], ['constructor', 'constructor']] as const) {
    t.equal(teamNameOf(name), team)
  }
})
