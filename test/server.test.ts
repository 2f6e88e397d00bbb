import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openApiDocument } from '../src/app.ts'
import { ask, startProcess, type ServerProcess } from './fixtures/process.ts'
import { root } from './fixtures/root.ts'
import { scratch } from './fixtures/wired.ts'

type Body = Record<string, unknown>

const tell = (server: ServerProcess, message: string, more: object = {}) => ask(server, '/teams/tell', { toTeam: 'echo', fromTeam: 'tester', message, timeout: 0, ...more })

t.test('SIGTERM lets the running tell finish, ends the agents, and the process with 0', async t => {
  const home = scratch(t)
  const server = await startProcess({ home })
  const { body: { tellId } } = await tell(server, '!slow 10 40 one two three four five', { timeout: -1 })
  const answer = ask(server, `/tells/${tellId as string}?wait=60000`)
  const refused = until(async () => (await ask(server, '/status')).body, ({ tells }) => (tells as { running: number }).running === 1)
  await refused
  const ended = server.end('SIGTERM')
  t.match(await answer, { status: 200, body: { state: 'completed', response: 'one two three four five' } })
  t.equal(await ended, 0)
  t.same(server.descendants(), [])
  t.notOk(existsSync(join(home, '.iris/server.json')))
})

t.test('SIGTERM tells a caller whose tell does not finish in time', async t => {
  const server = await startProcess({ home: scratch(t), settings: { drainTimeout: '100ms' } })
  const { body: { tellId } } = await tell(server, '!hang', { timeout: -1 })
  await until(() => ask(server, `/tells/${tellId as string}`), ({ body }) => body.state === 'running')
  const answer = ask(server, `/tells/${tellId as string}?wait=60000`)
  await until(() => ask(server, '/status'), ({ status }) => status === 200)
  const ended = server.end('SIGTERM')
  t.match(await answer, { body: { state: 'cancelled', error: { error: 'TellCancelledError', message: /the server stopped/ } } })
  t.equal(await ended, 0)
})

t.test('each answer has a line in the log where that is wanted: who, what and how long, never what was said', async t => {
  const server = await startProcess({ home: scratch(t), api: { logRequests: true } })
  await tell(server, 'a secret word')
  await fetch(`${server.url}/api/teams/echo/status?word=secret`)
  await fetch(`${server.url}/nowhere/secret`.replace('secret', 'place'))
  t.equal(await server.end(), 0)
  const lines = server.log().split('\n').filter(line => line.includes('"request"')).map(line => JSON.parse(line) as Body)
  t.match(lines.filter(({ path }) => path !== '/health/live'), [
    { method: 'POST', path: '/api/teams/tell', status: 200, key: 'admin', address: '127.0.0.1', requestId: /./, ms: Number, level: 30 },
    { method: 'GET', path: '/api/teams/echo/status', status: 401, key: null },
    { method: 'GET', path: '/nowhere/place', status: 404, key: null }
  ])
  t.notMatch(server.log(), new RegExp(`secret|${server.key}`))
})

t.test('where nobody reads the log of requests, so much of it is kept, the rest is dropped, and it goes on once it is read', async t => {
  const server = await startProcess({ home: scratch(t), api: { logRequests: true } })
  const stderr = server.child.stderr!
  stderr.pause()
  const path = `/${'long'.repeat(2_000)}`
  for (let n = 0; n < 120; n++) await Promise.all(Array.from({ length: 20 }, async () => { await (await fetch(server.url + path)).text() }))
  stderr.resume()
  await until(async () => {
    await (await fetch(`${server.url}/again`)).text()
    return server.log()
  }, log => log.includes('/again'))
  t.equal(await server.end(), 0)
  const kept = server.log().split(path).length - 1
  t.ok(kept > 1_900 && kept < 2_200, `${kept} of 2400 lines of 8 kB were kept, in 16 MB`)
})

t.test('sessions, tells, what was said and keys survive a restart, and the conversation goes on', async t => {
  const home = scratch(t)
  const before = await startProcess({ home })
  const told = (await tell(before, 'remember me')).body
  const cache = (await ask(before, `/cache/${told.sessionId as string}`)).body
  t.equal(await before.end(), 0)

  const after = await startProcess({ home })
  t.teardown(() => after.end())
  t.equal(after.key, before.key)
  t.match((await ask(after, `/tells/${told.tellId as string}`)).body, { state: 'completed', response: 'echo: remember me' })
  t.same((await ask(after, `/cache/${told.sessionId as string}`)).body.entries, cache.entries)
  t.match((await tell(after, '!history')).body, { sessionId: told.sessionId, response: /1 before, the last: remember me/ })
})

t.test('after a kill -9 nothing runs twice, what ran is lost, what waited runs, and no orphan stays', async t => {
  const home = scratch(t)
  const before = await startProcess({ home })
  const running = (await tell(before, '!hang', { timeout: -1 })).body
  const queued = (await tell(before, 'in the queue', { timeout: -1 })).body
  await until(() => ask(before, `/tells/${running.tellId as string}`), ({ body }) => body.state === 'running')
  await before.end('SIGKILL')

  const after = await startProcess({ home })
  t.teardown(() => after.end())
  t.match((await ask(after, `/tells/${running.tellId as string}`)).body, { state: 'lost', error: { error: 'AgentError' } })
  t.match((await ask(after, `/tells/${queued.tellId as string}?wait=60000`)).body, { state: 'completed', response: 'echo: in the queue' })
  t.equal(after.agents().length, 1, 'only the agent that was started since')
})

t.test('after a stop or a kill -9 while an agent asks, nothing is open and nothing was done', async t => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const home = scratch(t)
    const before = await startProcess({ home, settings: { drainTimeout: '100ms' } })
    const { tellId } = (await tell(before, '!ask Write {"file_path":"a.txt","content":"x"}', { toTeam: 'careful', timeout: -1 })).body
    const pending = await until(() => ask(before, '/approvals?state=pending'), ({ body }) => (body.approvals as object[]).length === 1)
    const { approvalId } = (pending.body.approvals as { approvalId: string }[])[0]!
    await before.end(signal)

    const after = await startProcess({ home })
    t.teardown(() => after.end())
    t.match((await ask(after, '/approvals')).body.approvals, [{ approvalId, tellId, state: 'expired', by: 'end', reason: signal === 'SIGKILL' ? /The server ended/ : /the server stopped/ }])
    t.match(await ask(after, `/approvals/${approvalId}`, { decision: 'allow' }), { status: 409, body: { error: 'ApprovalDecidedError' } })
    t.match((await ask(after, `/tells/${tellId as string}`)).body, { state: signal === 'SIGKILL' ? 'lost' : 'cancelled' })
    t.notOk(existsSync(join(home, 'project/a.txt')))
  }
})

t.test('a second server on the same data directory is refused', async t => {
  const home = scratch(t)
  const server = await startProcess({ home })
  t.teardown(() => server.end())
  await t.rejects(startProcess({ home }), { message: /Another Iris serves the data directory/ })
})

t.test('openapi.json is fresh: npm run openapi writes it', async t => {
  t.same(await openApiDocument(), JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8')))
})

/** Asks until the answer is as wanted. Each round waits for an answer of the server, not for the clock. */
async function until<T> (ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (wanted(answer)) return answer
  }
}
