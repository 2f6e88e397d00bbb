import t from 'tap'
import { applyChunks, type Chunk } from '../src/answer.ts'
import { run } from './fixtures/running.ts'
import { listen } from './fixtures/socket-client.ts'

t.test('tell:start is answered by started, chunks that make the answer, and complete, all with the id', async t => {
  const server = await run(t)
  const client = await listen(t, server)
  t.match(await client.event('hello'), { data: { version: String, head: Number } })
  client.send('tell:start', { toTeam: 'echo', message: '!slow 6 60 alpha beta gamma delta epsilon zeta', fromTeam: 'dash' }, 'a1')
  const complete = await client.event('tell:complete', 'a1')
  const mine = client.frames.filter(({ id }) => id === 'a1')
  t.equal(mine[0]!.event, 'tell:started')
  t.equal(mine.at(-1), complete)
  const chunks = mine.filter(({ event }) => event === 'tell:chunk')
  t.ok(chunks.length > 1, `${chunks.length} chunks`)
  t.equal(applyChunks(chunks.map(({ data }) => data as unknown as Chunk)), complete.data.response)
  t.equal(complete.data.response, 'alpha beta gamma delta epsilon zeta')
  t.ok(mine.every(({ data }) => data.tellId === complete.data.tellId))
  const seqs = mine.map(({ seq }) => seq!)
  t.same(seqs, [...seqs].sort((a, b) => a - b))
})

t.test('two tells on one socket are told apart', async t => {
  const server = await run(t)
  const client = await listen(t, server)
  client.send('tell:start', { toTeam: 'echo', message: '!slow 3 10 one', fromTeam: 'x' }, '1')
  client.send('tell:start', { toTeam: 'echo', message: 'two', fromTeam: 'y' }, '2')
  t.match((await client.event('tell:complete', '1')).data, { response: 'one' })
  t.match((await client.event('tell:complete', '2')).data, { response: 'echo: two' })
})

t.test('a tell that fails ends in tell:error, one that cannot start in error', async t => {
  const server = await run(t)
  const client = await listen(t, server)
  client.send('tell:start', { toTeam: 'echo', message: '!crash 3' }, 'c')
  t.match((await client.event('tell:error', 'c')).data, { state: 'failed', error: { error: 'AgentError', details: { exitCode: 3 } } })
  client.send('tell:start', { toTeam: 'nobody', message: 'x' }, 'n')
  t.match((await client.event('error', 'n')).data, { error: 'TeamNotFoundError' })
})

t.test('tell:cancel stops the turn, and the next tell works', async t => {
  const server = await run(t)
  const client = await listen(t, server)
  client.send('tell:start', { toTeam: 'echo', message: '!hang' }, 'h')
  const { data } = await client.event('tell:started', 'h')
  await client.event('tell:chunk', 'h')
  client.send('tell:cancel', { tellId: data.tellId }, 'x')
  t.match((await client.event('result', 'x')).data, { cancelled: true, state: 'cancelled' })
  t.match((await client.event('tell:error', 'h')).data, { state: 'cancelled' })
  client.send('tell:start', { toTeam: 'echo', message: 'again' }, 'again')
  t.match((await client.event('tell:complete', 'again')).data, { response: 'echo: again' })
})

t.test('a session is watched with cache:subscribe, by one who did not start the tell', async t => {
  const server = await run(t)
  const { sessionId } = await server.services.tells.start({ from: 'someone', to: 'echo', message: 'first', caller: 'x' })
  const client = await listen(t, server)
  client.send('cache:subscribe', { sessionId }, 's')
  await client.event('result', 's')
  await server.services.tells.start({ from: 'someone', to: 'echo', message: 'second', caller: 'x' })
  const said = await client.until(({ event, data }) => event === 'cache:message' && (data.message as { type: string, data: { text?: string } }).data.text === 'second')
  t.match(said, { seq: Number, data: { sessionId, message: { timestamp: Number, type: 'user' } } })
  await client.until(({ event, data }) => event === 'tell:complete' && data.response === 'echo: second')
  const seqs = client.frames.flatMap(({ seq }) => seq ?? [])
  t.equal(new Set(seqs).size, seqs.length, 'each event once')
  client.send('cache:unsubscribe', { sessionId }, 'u')
  await client.event('result', 'u')
  const before = client.frames.length
  await server.services.tells.start({ from: 'someone', to: 'echo', message: 'third', caller: 'x' })
  client.send('system_status', {}, 'fence')
  await client.event('result', 'fence')
  t.equal(client.frames.filter(({ event }) => event === 'cache:message').length, client.frames.slice(0, before).filter(({ event }) => event === 'cache:message').length)
})

t.test('the starter of a tell who also watches its session hears each event once', async t => {
  const server = await run(t)
  const { sessionId } = await server.services.tells.start({ from: 'dash', to: 'echo', message: 'first', caller: 'x' })
  const client = await listen(t, server)
  client.send('cache:subscribe', { sessionId }, 's')
  await client.event('result', 's')
  client.send('tell:start', { toTeam: 'echo', message: '!slow 3 60 a b c', fromTeam: 'dash' }, 't')
  await client.event('tell:complete', 't')
  const seqs = client.frames.flatMap(({ seq }) => seq ?? [])
  t.equal(new Set(seqs).size, seqs.length)
})

t.test('processes and health are watched, and a key sees only its own teams', async t => {
  const server = await run(t, { teams: { other: {} } })
  const all = await listen(t, server)
  const narrow = await listen(t, server, server.makeKey({ permissions: ['status', 'wake', 'cache:read'], teams: ['other'] }))
  for (const client of [all, narrow]) {
    client.send('process:subscribe', { team: '*' }, 'p')
    await client.event('result', 'p')
  }
  narrow.send('process:subscribe', { team: 'echo' }, 'no')
  t.match((await narrow.event('error', 'no')).data, { error: 'ForbiddenError' })
  all.send('health:subscribe', {}, 'h')
  t.match((await all.until(({ event }) => event === 'health:check')).data, { totalProcesses: 0, maxProcesses: 10 })
  all.send('team_wake', { teamName: 'echo' }, 'w1')
  t.match((await all.event('process:spawned')).data, { team: 'echo', pid: Number, sessionId: String })
  const { sessionId } = (await all.event('result', 'w1')).data
  narrow.send('cache:subscribe', { sessionId }, 'cs')
  t.match((await narrow.event('error', 'cs')).data, { error: 'ForbiddenError' })
  all.send('team_sleep', { teamName: 'echo' }, 's1')
  t.match((await all.event('process:terminated')).data, { team: 'echo', reason: /put to sleep/, exitCode: 0 })
  narrow.send('team_wake', { teamName: 'other' }, 'w2')
  await narrow.event('result', 'w2')
  t.same([...new Set(narrow.frames.filter(({ event }) => event.startsWith('process:')).map(({ data }) => data.team))], ['other'])
})

t.test('a key that is held to some teams counts only what is theirs', async t => {
  const server = await run(t, { teams: { other: {} } })
  const key = server.makeKey({ permissions: ['status'], teams: ['other'] })
  const status = async (key: string) => {
    const { timestamp: _, uptime: __, version: ___, ...counts } = await (await fetch(`${server.url}/api/status`, { headers: { authorization: `Bearer ${key}` } })).json() as Record<string, unknown>
    return counts
  }
  const health = async (key: string) => {
    const client = await listen(t, server, key)
    client.send('health:subscribe', {}, 'h')
    const { totalProcesses, maxProcesses, running, queued } = (await client.event('health:check')).data
    return { totalProcesses, maxProcesses, running, queued }
  }
  const tells = await Promise.all(['one', 'two', 'two'].map(from => server.services.tells.start({ from, to: 'echo', message: '!hang', caller: 'x' })))
  await Promise.all(tells.slice(0, 2).map(({ tellId }) => new Promise<void>(resolve => {
    server.services.log.subscribe('all', ({ event }) => { if (event.event === 'tell:chunk' && event.data.tellId === tellId) resolve() })
  })))
  t.same(await status(server.key), { sessions: { total: 2, active: 2 }, processes: { total: 2, maxProcesses: 10 }, tells: { running: 2, queued: 1 } })
  t.same(await health(server.key), { totalProcesses: 2, maxProcesses: 10, running: 2, queued: 1 })
  t.same(await status(key), { sessions: { total: 0, active: 0 }, processes: { total: 0, maxProcesses: 10 }, tells: { running: 0, queued: 0 } })
  t.same(await health(key), { totalProcesses: 0, maxProcesses: 10, running: 0, queued: 0 })
  await server.services.pool.acquire(server.services.sessions.open('one', 'other'), {})
  t.match(await status(key), { sessions: { total: 1, active: 1 }, processes: { total: 1, maxProcesses: 10 } })
})
