import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { createAudit, targets } from '../src/audit.ts'
import { openStore } from '../src/store/sqlite.ts'
import type { AuditRow } from '../src/store/store.ts'
import { defineTool } from '../src/tool.ts'
import { tools as allTools } from '../src/tools/index.ts'
import { run } from './fixtures/running.ts'
import { createTestClock } from './fixtures/test-clock.ts'
import { transports } from './fixtures/transports.ts'
import { scratch } from './fixtures/wired.ts'

const deed = (more = {}) => ({ caller: 'ci', via: 'rest', address: '127.0.0.1', tool: 'team_wake', team: 'echo', outcome: 'ok', ...more })

/** A trail of five rows, in a file that a hostile hand may reach. */
function trail (t: Test, rows = 5) {
  const home = scratch(t)
  const store = openStore(home)
  t.teardown(() => { store.close() })
  const clock = createTestClock()
  const errors: unknown[] = []
  const audit = createAudit({ store, clock, onError: err => { errors.push(err) } })
  for (let i = 0; i < rows; i++) audit.record(deed())
  const db = new Database(join(home, 'iris.db'))
  t.teardown(() => { db.close() })
  const tamper = (sql: string) => db.exec(`DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete; ${sql}`)
  return { audit, store, clock, errors, db, tamper }
}

t.test('the trail holds what was done, in order, and is unbroken over many pages', async t => {
  const { audit, errors } = trail(t, 2_500)
  const { rows, head, broken } = audit.verify()
  t.same([rows, broken], [2_500, undefined])
  const [newest] = audit.list({ limit: 1 }).rows
  t.match(newest, { n: 2_500, caller: 'ci', at: 1_000_000, hash: head })
  t.same(errors, [])
})

t.test('the file itself refuses to change or delete a row', async t => {
  const { db } = trail(t)
  t.throws(() => db.exec("UPDATE audit SET caller = 'other' WHERE n = 2"), { message: /append-only/ })
  t.throws(() => db.exec('DELETE FROM audit'), { message: /append-only/ })
})

t.test('each column of a row is held by the chain', async t => {
  const text = ['caller', 'via', 'address', 'tool', 'team', 'session_id', 'tell_id', 'approval_id', 'key_name', 'decision', 'outcome', 'previous', 'hash']
  for (const change of [...text.map(column => `${column} = 'x'`), 'at = 1', 'skipped = 9', 'address = NULL']) {
    const { audit, tamper } = trail(t)
    tamper(`UPDATE audit SET ${change} WHERE n = 3`)
    t.match(audit.verify(), { rows: 2, broken: { n: 3 } }, change)
  }
})

t.test('a row that is gone is missed: the first, one between, the last ones', async t => {
  for (const [where, n, why] of [['n = 1', 1, /is missing/], ['n = 3', 3, /is missing/], ['n IN (2, 3)', 2, /up to 3 are missing/], ['n > 3', 4, /up to 5 are missing at the end/], ['1', 1, /up to 5 are missing/]] as const) {
    const { audit, tamper } = trail(t)
    tamper(`DELETE FROM audit WHERE ${where}`)
    t.match(audit.verify(), { broken: { n, why } }, where)
    audit.record(deed())
    t.match(audit.verify(), { broken: { n, why: /missing/ } }, `${where}, and the next row does not hide it`)
  }
})

t.test('an end that was cut off with all its traces is seen by a head that was kept, and by nothing else', async t => {
  const { audit, tamper } = trail(t)
  const { head } = audit.verify()
  t.equal(audit.verify(head).broken, undefined)
  audit.record(deed())
  t.equal(audit.verify(head).broken, undefined, 'what came since does no harm')
  tamper("DELETE FROM audit WHERE n > 3; UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'")
  t.equal(audit.verify().broken, undefined)
  t.match(audit.verify(head), { broken: { n: 4, why: /the head that was kept is nowhere/ } })
})

t.test('two processes that write in turns make one chain', async t => {
  const { audit, db } = trail(t)
  const other = openStore(join(db.name, '..'))
  t.teardown(() => { other.close() })
  createAudit({ store: other, clock: createTestClock(), onError: err => { throw err } }).record(deed({ via: 'cli' }))
  audit.record(deed())
  t.same(audit.verify().rows, 7)
  t.equal(audit.verify().broken, undefined)
})

t.test('a trail that cannot be written is told of, and harms no work', async t => {
  const { audit, store, errors } = trail(t)
  store.audit.insert = () => { throw new Error('disk full') }
  audit.record(deed())
  t.match(errors, [{ message: 'disk full' }])
})

t.test('a flood of refusals gets sixty rows a minute, and a count of the rest', async t => {
  const { audit, clock } = trail(t, 0)
  for (let i = 0; i < 100; i++) audit.refuse(deed({ caller: null, outcome: 'UnauthorizedError' }))
  t.equal(audit.verify().rows, 60)
  await clock.advance(60_000)
  audit.refuse(deed({ caller: null, outcome: 'UnauthorizedError' }))
  t.match(audit.list({ limit: 1 }).rows, [{ n: 61, skipped: 40 }])
})

const SECRET = 'the-words-that-nobody-may-find'
const WAY: Record<string, string> = { rest: 'rest', websocket: 'websocket', mcpHttp: 'mcp', mcpModern: 'mcp', mcpSocket: 'mcp', mcpStdio: 'mcp', graphql: 'graphql', graphqlSocket: 'graphql' }

for (const [name, connect] of Object.entries(transports)) {
  t.test(`${name}: what changes something is recorded with its outcome, and so is each refusal; what only reads is not`, async t => {
    const { url, services, key, makeKey, errors } = await run(t)
    const narrow = makeKey({ name: 'narrow', permissions: ['status'], teams: ['other'] })
    const admin = await connect(url, key)
    const weak = await connect(url, narrow)
    const teamName = 'echo'
    const told = await admin.call('team_tell', { toTeam: teamName, message: SECRET, fromTeam: 'a', timeout: 20_000 })
    const { sessionId, tellId } = told.body as unknown as { sessionId: string, tellId: string }
    await admin.call('team_status', { teamName })
    await admin.call('tell_get', { tellId })
    await admin.call('cache_clear', { sessionId }, 'once')
    await admin.call('team_wake', { teamName: 'nobody' })
    await admin.call('team_tell', { toTeam: 'echo', message: '', tellId: SECRET })
    await weak.call('team_tell', { toTeam: 'echo', message: SECRET })
    await weak.call('team_status', { teamName })
    const rows = services.audit.list({ limit: 100 }).rows.reverse().filter(({ tool }) => tool !== 'authenticate')
    const via = WAY[name]!
    t.match(rows, [
      { caller: 'admin', via, address: /127\.0\.0\.1$/, tool: 'team_tell', team: 'echo', sessionId, tellId, outcome: 'ok' },
      { caller: 'admin', via, tool: 'cache_clear', team: 'echo', sessionId, outcome: 'ok' },
      { caller: 'admin', via, tool: 'team_wake', team: 'nobody', outcome: 'TeamNotFoundError' },
      { caller: 'admin', via, tool: 'team_tell', tellId: null, outcome: 'ValidationError' },
      { caller: 'narrow', via, tool: 'team_tell', team: 'echo', outcome: 'ForbiddenError' },
      { caller: 'narrow', via, tool: 'team_status', team: 'echo', outcome: 'ForbiddenError' }
    ] as Partial<AuditRow>[])
    t.equal(rows.length, 6)
    t.equal(services.audit.verify().broken, undefined)
    for (const word of [SECRET, key, narrow]) t.notMatch(JSON.stringify(rows), word)
    t.same(errors, [])
    await admin.close()
    await weak.close()
  })

  t.test(`${name}: a wrong key and none are recorded, and not what was sent as one`, async t => {
    const { url, services } = await run(t)
    for (const wrong of [SECRET, null]) {
      const { call, close } = await connect(url, wrong)
      t.match(await call('team_list', {}), { ok: false })
      await close()
    }
    const { rows } = services.audit.list({ limit: 100 })
    t.ok(rows.length >= 1)
    for (const row of rows) t.match(row, { caller: null, via: WAY[name]!, tool: 'authenticate', outcome: 'UnauthorizedError' })
    t.notMatch(JSON.stringify(rows), SECRET)
  })
}

t.test('of what was given only names, ids and decisions are taken, and only such as are shaped so', async t => {
  const id = '00000000-0000-4000-8000-000000000001'
  t.same(targets({ approvalId: id, decision: 'deny', reason: SECRET, input: { teamName: 'echo' } }, { approvalId: id, sessionId: id, description: SECRET }), { approvalId: id, decision: 'deny', sessionId: id })
  t.same(targets({ teamName: 'Two Words', sessionId: SECRET, tellId: [id], decision: SECRET }, null, 'text', JSON.parse('{"__proto__":{"tellId":"x"}}')), {})
})

t.test('a deleted session has its team, a fault of ours is one, and who may not hear is refused', async t => {
  const broken = defineTool({
    name: 'thing_break',
    title: 'Break',
    description: 'Fails.',
    permission: 'admin',
    http: { method: 'POST', url: '/break' },
    input: Type.Object({}, { additionalProperties: false }),
    output: {},
    team: null,
    handler: () => { throw new Error(SECRET) }
  })
  const { url, services, key, makeKey } = await run(t, { tools: [...allTools, broken] })
  const { call } = await transports.rest!(url, key, [...allTools, broken])
  const { id: sessionId } = services.sessions.open('a', 'echo')
  t.match(await call('session_delete', { sessionId }), { ok: true })
  t.match(await call('thing_break', {}), { ok: false, body: { statusCode: 500 } })
  const narrow = makeKey({ name: 'narrow', permissions: ['tell'] })
  t.equal((await fetch(`${url}/api/events/stream?rooms=team:*`, { headers: { authorization: `Bearer ${narrow}` } })).status, 403)
  const rows = services.audit.list({ limit: 10 }).rows.reverse()
  t.match(rows, [
    { tool: 'session_delete', team: 'echo', sessionId, outcome: 'ok' },
    { tool: 'thing_break', outcome: 'InternalError' },
    { caller: 'narrow', tool: 'event_stream', via: 'rest', outcome: 'ForbiddenError' }
  ])
  t.equal(rows.length, 3)
})

t.test('no key is anywhere in the files of the data directory', async t => {
  const { url, home, key, close } = await run(t)
  const { call } = await transports.rest!(url, key)
  await call('team_tell', { toTeam: 'echo', message: 'hi' })
  await fetch(`${url}/api/teams`, { headers: { authorization: `Bearer ${SECRET}` } })
  const files = () => readdirSync(join(home, '.iris')).filter(name => name.startsWith('iris.db')).map(name => readFileSync(join(home, '.iris', name), 'latin1')).join('')
  t.match(files(), 'team_tell')
  for (const word of [key, SECRET]) t.notOk(files().includes(word))
  await close()
})
