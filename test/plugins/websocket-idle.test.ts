import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { bearer } from './app.ts'
import { greeted, said, SESSION, world } from './socket.ts'

t.test('an open socket keeps nothing of the request that it came by but who asks, and does all that it did', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const came: WeakRef<object>[] = []
  const w = await world(t, {
    async admit (request, reply) { for (const one of [request, request.raw, reply, reply.raw]) came.push(new WeakRef(one)) }
  })
  const client = await greeted(w)
  t.equal(came.length, 4)
  for (let tries = 0; came.some(one => one.deref() !== undefined) && tries < 20; tries++) {
    await client.ask({ event: 'thing_get', data: { teamName: 'a' } })
    collect()
  }
  t.same(came.map(one => one.deref()), [undefined, undefined, undefined, undefined])

  await client.ask({ event: 'cache:subscribe', data: { sessionId: SESSION } })
  w.publish(said(SESSION, 'still'))
  t.match(await client.next(), { event: 'cache:message', data: { message: { data: { text: 'still' } } } })
  w.keys.delete('root')
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'error', data: { error: 'UnauthorizedError' } })
})

t.test('as whom a socket speaks is known after its request is gone', async t => {
  const w = await world(t)
  const client = await w.open({ headers: { ...bearer('root'), 'iris-as': 'somebody' } })
  await client.next()
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'result', data: { speaker: 'somebody' } })
})

t.test('each socket is pinged 15 s after it came, and one timer does it for all', async t => {
  const w = await world(t)
  const first = await greeted(w)
  w.clock.advance(5_000)
  const second = await greeted(w)
  const third = await greeted(w)
  t.equal(w.clock.pending, 1)
  const pings: string[] = []
  for (const [name, { socket }] of Object.entries({ first, second, third })) socket.on('ping', () => { pings.push(name) })
  const pass = async (ms: number) => {
    w.clock.advance(ms)
    for (const client of [first, second, third]) if (client.socket.readyState === client.socket.OPEN) await client.ask({ event: 'thing_get', data: { teamName: 'a' } })
  }
  await pass(9_999)
  t.same(pings, [])
  await pass(1)
  t.same(pings, ['first'])
  await pass(5_000)
  t.same(pings.sort(), ['first', 'second', 'third'])

  first.socket.close()
  await first.closed()
  await pass(15_000)
  t.same(pings.slice(3).sort(), ['second', 'third'], 'one that left is no hindrance')
})
