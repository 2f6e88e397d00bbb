import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Inbox } from '../../plugins/graphql/inbox.ts'
import { buildApp } from '../../src/app.ts'
import { run, type Running } from '../fixtures/running.ts'
import { makeConfig, wire } from '../fixtures/wired.ts'
import { openSocket, STREAM } from './graphql-client.ts'

const SESSION = randomUUID()
const spawned = ({ services }: Pick<Running, 'services'>, team: string) => services.log.append({ event: 'process:spawned', data: { sessionId: SESSION, team, pid: 1 } })

t.test('an id that is free again is another stream, and ends as the first one did', async t => {
  const server = await run(t)
  const client = await openSocket(t, server, server.key)
  await client.init()
  client.subscribe('a', STREAM)
  t.match([await client.item('a'), await client.item('a')], [{ event: 'resumed' }, { event: 'caught_up' }])
  client.send({ type: 'complete', id: 'a' })
  client.subscribe('a', STREAM)
  t.match([await client.item('a'), await client.item('a')], [{ event: 'resumed' }, { event: 'caught_up' }])
  client.send({ type: 'complete', id: 'a' })
  client.subscribe('b', '{ __typename }')
  await client.next('complete', 'b')
  client.messages.length = 0
  spawned(server, 'echo')
  client.subscribe('b', '{ __typename }')
  await client.next('complete', 'b')
  t.same(client.messages.filter(({ id }) => id === 'a'), [], 'nothing more comes by it')
})

t.test('the answer of a completed operation is never that of the next with its id', async t => {
  const server = await run(t, { teams: { other: {} } })
  const client = await openSocket(t, server, server.key)
  await client.init()
  const told = (event: string) => new Promise<void>(resolve => { server.services.log.subscribe('all', ({ name }) => { if (name === event) resolve() }) })
  const [started, over] = [told('tell:started'), told('tell:complete')]
  client.subscribe('a', 'mutation { team_tell(toTeam: "echo", message: "!slow 3 50 the first", timeout: 0) { response } }')
  await started
  client.send({ type: 'complete', id: 'a' })
  client.subscribe('a', 'query ($after: SafeInt) { event_list(rooms: ["team:other"], after: $after, wait: 30000) { events { event } } }', { after: server.services.log.head() })
  client.send({ type: 'complete', id: 'a' })
  client.subscribe('a', 'query ($after: SafeInt) { list: event_list(rooms: ["team:other"], after: $after, wait: 30000) { resume { next } } }', { after: server.services.log.head() })
  await over
  spawned(server, 'other')
  t.match((await client.next('next', 'a')).payload, { data: { list: { resume: { next: Number } } } })
  await client.next('complete', 'a')
  t.same(client.messages, [])
  t.same(server.errors, [])
})

t.test('no more than a hundred messages wait for an operation to end', async t => {
  const heard: string[] = []
  const refused: number[] = []
  const inbox = new Inbox({
    hear (text) {
      heard.push(text)
      return new Promise(() => {})
    },
    refuse (code) { refused.push(code) }
  })
  const [subscribe, complete] = ['subscribe', 'complete'].map(type => JSON.stringify({ type, id: 'a', payload: { query: STREAM } })) as [string, string]
  for (const text of [subscribe, complete, ...Array.from({ length: 100 }, () => subscribe)]) void inbox.take(text)
  t.same(refused, [])
  await inbox.take(subscribe)
  t.same(refused, [1013])
  t.same(heard, [subscribe, complete])
})

t.test('what only a server says is no message of a client', async t => {
  const server = await run(t)
  for (const message of [{ type: 'connection_ack' }, { type: 'next', id: 'a', payload: { data: null } }, { type: 'error', id: 'a', payload: [{ message: 'no' }] }]) {
    const client = await openSocket(t, server, server.key)
    await client.init()
    client.send(message)
    t.match(await client.closed, { code: 4400 }, message.type)
  }
})

t.test('a subscription to nothing is refused, and the socket goes on', async t => {
  const server = await run(t)
  const client = await openSocket(t, server, server.key)
  await client.init()
  for (const [id, query] of [
    ['field', 'subscription { event_stream @skip(if: true) { event } }'],
    ['spread', 'subscription { ...F @include(if: false) } fragment F on Subscription { event_stream { event } }'],
    ['fragment', 'subscription { ...F } fragment F on Subscription { ... { event_stream @skip(if: true) { event } } }']
  ] as const) {
    client.subscribe(id, query)
    t.match((await client.next('error', id)).payload, [{ message: /@skip and @include/, extensions: { error: 'ValidationError', statusCode: 400 } }], id)
  }
  client.subscribe('good', 'subscription { event_stream { event @skip(if: true) __typename } }')
  t.match(await client.item('good'), { __typename: 'Resumed' }, 'below it they say what they always do')
})

t.test('who came when no key was needed is found out by the next beat once one is', async t => {
  const { services, clock, home } = wire(t, { api: { requireAuth: false } })
  const app = await buildApp(services)
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const client = await openSocket(t, { url }, null)
  await client.init()
  client.subscribe('a', STREAM)
  t.match(await client.item('a'), { event: 'resumed' })
  services.reconfigure(makeConfig(home, {}))
  await clock.advance(15_000)
  t.match(await client.closed, { code: 4401, reason: /A key is needed/ })
})

t.test('many tools that wait in one operation are no leak to warn of', async t => {
  const server = await run(t)
  const warnings: Error[] = []
  const heard = (warning: Error) => { warnings.push(warning) }
  process.on('warning', heard)
  t.teardown(() => { process.off('warning', heard) })
  const client = await openSocket(t, server, server.key)
  await client.init()
  client.subscribe('tell', 'mutation { team_tell(toTeam: "echo", message: "!slow 100 1000 long", timeout: -1) { tellId } }')
  const { tellId } = (await client.next('next', 'tell')).payload!.data!.team_tell as unknown as { tellId: string }
  const waits = Array.from({ length: 15 }, (_, n) => `w${n}: tell_get(tellId: "${tellId}", wait: 60000) { state }`)
  client.subscribe('wait', `{ ${waits.join(' ')} }`)
  client.subscribe('cancel', `mutation { tell_cancel(tellId: "${tellId}") { state } }`)
  t.match((await client.next('next', 'wait')).payload!.data, { w0: { state: 'cancelled' }, w14: { state: 'cancelled' } })
  t.same(warnings, [])
})
