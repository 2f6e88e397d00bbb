import { randomUUID } from 'node:crypto'
import t from 'tap'
import { buildApp } from '../../src/app.ts'
import { run } from '../fixtures/running.ts'
import { makeConfig, wire } from '../fixtures/wired.ts'
import { openSocket, STREAM } from './graphql-client.ts'

const SESSION = randomUUID()
const TOKEN = '0123456789abcdef'
/** Events of 100 kB: more than the buffers of a connection hold. */
const SAID = 200

t.test('a subscriber hears what it missed, once and in order, then what comes; also after a restart', async t => {
  const first = await run(t, { teams: { other: {} } })
  const spawned = (server: typeof first, pid: number, team = 'echo') => server.services.log.append({ event: 'process:spawned', data: { sessionId: SESSION, team, pid } })[0]!.seq
  const seqs = [1, 2, 3].map(pid => spawned(first, pid))
  spawned(first, 4, 'other')

  const client = await openSocket(t, first, first.key)
  await client.init()
  client.subscribe('a', STREAM, { rooms: ['team:echo'], after: seqs[0] })
  t.match(await client.item('a'), { event: 'resumed', verdict: 'ok', from: seqs[0] })
  t.match(await client.item('a'), { event: 'process:spawned', seq: seqs[1], payload: { pid: 2, team: 'echo' } })
  t.match(await client.item('a'), { event: 'process:spawned', seq: seqs[2] })
  t.match(await client.item('a'), { event: 'caught_up' })
  const live = spawned(first, 5)
  t.match(await client.item('a'), { seq: live, payload: { pid: 5 } })

  client.subscribe('b', STREAM)
  t.match([await client.item('b'), await client.item('b')], [{ event: 'resumed', verdict: 'ok' }, { event: 'caught_up' }], 'without a cursor it begins with what comes')
  client.send({ type: 'complete', id: 'a' })
  client.subscribe('c', STREAM, { after: 10_000_000 })
  t.match(await client.item('c'), { event: 'resumed', verdict: 'gap' }, 'a cursor of another log')
  await first.close()
  t.match(await client.closed, { code: 1001 })

  const second = await run(t, { home: first.home, key: first.key, teams: { other: {} } })
  const again = await openSocket(t, second, first.key)
  await again.init()
  const missed = spawned(second, 6)
  again.subscribe('a', STREAM, { rooms: ['team:echo'], after: live })
  const events = [await again.item('a'), await again.item('a'), await again.item('a')]
  t.match(events, [{ event: 'resumed', verdict: 'ok', from: live }, { seq: missed, payload: { pid: 6 } }, { event: 'caught_up' }])
  t.same([...first.errors, ...second.errors], [])
})

t.test('a whole conversation through one socket: the tell is asked and heard in fields of its own types', async t => {
  const server = await run(t)
  const client = await openSocket(t, server, server.key, { header: false })
  await client.init()
  client.subscribe('hear', 'subscription { event_stream { __typename event ... on TellChunk { data { offset chunk } } ... on TellComplete { data { tellId response from } } ... on CacheMessage { data { tellId message { type data } } } } }')
  t.match(await client.item('hear'), { __typename: 'Resumed' })
  client.subscribe('tell', 'mutation ($m: String!) { team_tell(toTeam: "echo", message: $m, idempotencyKey: "k") { tellId response state async timestamp } }', { m: 'hello' })
  const { tellId, response } = (await client.next('next', 'tell')).payload!.data!.team_tell as unknown as { tellId: string, response: string }
  await client.next('complete', 'tell')
  for (;;) {
    const item = await client.item('hear') as unknown as { __typename: string, data: object }
    if (item.__typename !== 'TellComplete') continue
    t.same(item.data, { tellId, response, from: 'admin' })
    break
  }
})

t.test('who may not hear is told so in the one shape, and a stream is judged by the waist', async t => {
  const server = await run(t, { teams: { other: {} } })
  const held = await openSocket(t, server, server.makeKey({ permissions: ['status'], teams: ['echo'] }))
  await held.init()
  for (const [id, variables, error, message] of [
    ['team', { rooms: ['team:other'] }, 'ForbiddenError', /does not reach the team 'other'/],
    ['session', { rooms: [`session:${SESSION}`] }, 'ForbiddenError', /lacks the permission 'cache:read'/],
    ['room', { rooms: ['kitchen'] }, 'ValidationError', /'rooms.0' is malformed/],
    ['after', { after: -1 }, 'ValidationError', /'after' must be at least 0/]
  ] as const) {
    held.subscribe(id, STREAM, variables)
    t.match((await held.next('next', id)).payload, { errors: [{ message, extensions: { error, message } }] }, id)
  }
  held.subscribe('bogus', 'subscription { event_stream(bogus: 1) { event } }')
  t.match((await held.next('next', 'bogus')).payload!.errors![0], { extensions: { error: 'ValidationError', message: /unknown field 'bogus'; event_stream takes after, rooms/ } })
  held.subscribe('which', 'query A { system_status { version } } query B { system_status { version } }')
  t.match((await held.next('error', 'which')).payload, [{ message: /'operationName' must be/ }])
  held.subscribe('field', 'subscription { event_stream { nothing } }')
  t.match((await held.next('error', 'field')).payload, [{ message: /Cannot query field "nothing"/, extensions: { statusCode: 400 } }])

  const mute = await openSocket(t, server, server.makeKey({ permissions: ['tell'] }))
  await mute.init()
  mute.subscribe('a', STREAM)
  t.match((await mute.next('next', 'a')).payload!.errors![0], { extensions: { error: 'ForbiddenError', statusCode: 403 } })
})

t.test('the key comes in the header or with connection_init; without one, or with a wrong one, it is closed with 4401', async t => {
  const server = await run(t)
  t.match(await (await openSocket(t, server, server.key, { header: false })).init(), { type: 'connection_ack' })
  for (const key of [null, 'iris_sk_wrong']) {
    const client = await openSocket(t, server, key, { header: false })
    client.init().catch(() => {})
    t.match(await client.closed, { code: 4401, reason: key === null ? /A key is needed/ : /wrong, expired or revoked/ })
  }
  const early = await openSocket(t, server, server.key)
  early.subscribe('a', STREAM)
  t.match(await early.closed, { code: 4401 }, 'nothing before connection_init')
  t.match(await (await openSocket(t, server, server.key, { protocol: 'graphql-ws' })).closed, { code: 1006 }, 'another protocol')
  const twice = await openSocket(t, server, server.key)
  await twice.init()
  twice.subscribe('a', STREAM)
  twice.subscribe('a', STREAM)
  t.match(await twice.closed, { code: 4409 })
})

t.test('a key that is revoked, or reaches less, is found out by the next beat', async t => {
  const config = (home: string, grant: object) => makeConfig(home, { api: { apiKeys: [{ name: 'watch', key: TOKEN, permissions: ['status'], ...grant }] }, teams: { a: {}, b: {} } })
  const { services, clock, home } = wire(t)
  services.reconfigure(config(home, {}))
  const app = await buildApp(services)
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const open = async (rooms?: string[]) => {
    const client = await openSocket(t, { url }, TOKEN)
    await client.init()
    client.subscribe('a', STREAM, { rooms })
    while ((await client.item('a')).event !== 'caught_up');
    return client
  }
  const all = await open()
  const room = await open(['team:b'])
  services.reconfigure(config(home, { teams: ['a'] }))
  await clock.advance(15_000)
  t.match(await room.closed, { code: 4403, reason: /does not reach the team 'b'/ })
  for (const [team, pid] of [['b', 1], ['a', 2]] as const) services.log.append({ event: 'process:spawned', data: { sessionId: SESSION, team, pid } })
  t.match(await all.item('a'), { payload: { team: 'a', pid: 2 } }, 'of what it hears everywhere, only what it reaches')
  services.reconfigure(makeConfig(home, { teams: { a: {} } }))
  await clock.advance(15_000)
  t.match(await all.closed, { code: 4401 })
})

t.test('one that does not read is given nothing more, closed with where it was, and goes on from there', async t => {
  const { services, clock } = wire(t)
  const app = await buildApp(services)
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { key } = services.keys.create({ name: 'slow', permissions: ['admin'] })
  const open = async (after?: number) => {
    const client = await openSocket(t, { url }, key)
    await client.init()
    client.subscribe('a', STREAM, { after })
    return client
  }
  const slow = await open(0)
  const quick = await open(0)
  for (const one of [slow, quick]) while ((await one.item('a')).event !== 'caught_up');
  slow.socket.pause()
  const data = 'x'.repeat(100_000)
  const seqs: number[] = []
  while (seqs.length < SAID) {
    seqs.push(services.log.append({ event: 'cache:message', data: { sessionId: SESSION, team: 'echo', message: { timestamp: 1, type: 'user', data } } })[0]!.seq)
    t.equal((await quick.item('a')).seq, seqs.at(-1), 'no other waits for it')
  }

  await clock.advance(10_000)
  slow.socket.resume()
  const { code, reason } = await slow.closed
  t.equal(code, 1013)
  const got = slow.messages.flatMap(({ payload }) => payload?.data?.event_stream?.seq ?? [])
  t.same(got, seqs.slice(0, got.length), 'once and in order')
  t.ok(got.length < SAID, `what it has not read waits in the log: it was given ${got.length}`)
  const { seq } = JSON.parse(reason) as { seq: number }
  t.equal(seq, got.at(-1), 'and it has all up to what it is told')
  const back = await open(got.at(-1))
  t.match(await back.item('a'), { event: 'resumed', verdict: 'ok' })
  t.match(await back.item('a'), { seq: seqs[got.length] })
})
