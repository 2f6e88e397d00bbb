import { once } from 'node:events'
import { promisify } from 'node:util'
import t from 'tap'
import { apiOf, bearer, callerOf } from './app.ts'
import { ended, greeted, said, SESSION, started, TELL, world } from './socket.ts'

t.test('a socket has bounds to what it may leave open', async t => {
  const w = await world(t, { api: apiOf({ rateLimit: { max: 1e6, window: 900_000, tells: 1e6, tellWindow: 60_000 } }) })
  const client = await greeted(w)
  for (let i = 0; i < 257; i++) client.send({ event: 'tale_tell', id: i })
  t.match(await client.next(), { event: 'error', id: 256, data: { error: 'RateLimitedError', message: /256 requests/ } })
  w.calls[9]!.end()
  t.match(await client.next(), { event: 'result', id: 9 })
  client.send({ event: 'tale_tell', id: 'again' })
  t.match(await client.ask({ event: 'tale_tell', id: 'over' }), { event: 'error', id: 'over' })
  w.calls[10]!.emit({ ...started(TELL) })
  w.calls[10]!.end()
  t.match([await client.next(), await client.next()], [{ event: 'tell:started', id: 10 }, { event: 'result', id: 10 }])
  t.match(await client.ask({ event: 'tale_tell', id: 'still' }), { event: 'error', id: 'still' }, 'a tell that goes on is not over')
  w.calls[10]!.emit(ended(TELL))
  t.match(await client.next(), { event: 'tell:complete', id: 10 })
  client.send({ event: 'tale_tell', id: 'now' })
  t.match(await client.ask({ event: 'tale_tell', id: 'full' }), { event: 'error', id: 'full' })

  client.socket.close()
  await client.closed()
  const signals = await Promise.all(w.calls.slice(11).map(async ({ signal }) => { if (!signal.aborted) await once(signal, 'abort'); return signal.aborted }))
  t.ok(signals.length > 240 && signals.every(Boolean), 'and what was open when it closed is aborted')
})

t.test('one that does not read is closed with where it was, and no other waits for it', async t => {
  const w = await world(t)
  const slow = await greeted(w)
  const quick = await greeted(w)
  for (const one of [slow, quick]) await one.ask({ event: 'cache:subscribe', data: { sessionId: SESSION } })
  slow.socket.pause()
  const text = 'x'.repeat(100_000)
  for (let sent = 0; sent < 100; sent++) {
    const { seq } = w.publish(said(SESSION, text))
    t.equal((await quick.next()).seq, seq)
  }
  w.clock.advance(10_000)
  t.equal(w.rooms(), 1, 'it hears nothing any more')
  slow.socket.resume()
  const { code, reason } = await slow.closed()
  t.equal(code, 1013)
  t.equal(JSON.parse(reason).seq, slow.frames.at(-1).seq, 'it has all up to what it is told')
  t.match(slow.frames.map(({ seq }) => seq), slow.frames.map((_, i) => 101 + i), 'without a hole')
})

t.test('one that does not even close is cut off', async t => {
  const w = await world(t)
  const slow = await greeted(w)
  await slow.ask({ event: 'cache:subscribe', data: { sessionId: SESSION } })
  const witness = await greeted(w)
  slow.socket.pause()
  for (let sent = 0; sent < 50; sent++) {
    w.publish(said(SESSION, 'x'.repeat(200_000)))
    await witness.ask({ event: 'thing_get', data: { teamName: 'a' } })
  }
  w.clock.advance(10_000)
  t.equal(w.rooms(), 0)
  const count = promisify(w.app.server.getConnections.bind(w.app.server))
  t.equal(await count(), 2)
  w.clock.advance(5_000)
  for (let tries = 0; await count() > 1 && tries < 100; tries++) await witness.ask({ event: 'thing_get', data: { teamName: 'a' } })
  t.equal(await count(), 1)
})

t.test('a large result is no slowness', async t => {
  const w = await world(t)
  const client = await greeted(w)
  const witness = await greeted(w)
  for (const one of [client, witness]) await one.ask({ event: 'cache:subscribe', data: { sessionId: SESSION } })
  client.send({ event: 'big_get', id: 'big' })
  client.socket.pause()
  await witness.ask({ event: 'thing_get', data: { teamName: 'a' } })
  for (let i = 0; i < 5; i++) {
    w.publish(said(SESSION, 'meanwhile'))
    await witness.next()
  }
  client.socket.resume()
  const answer = await client.next()
  t.equal(answer.data.text.length, 6_000_000)
  for (let i = 0; i < 5; i++) t.match(await client.next(), { event: 'cache:message' })
})

t.test('a peer that does not answer a ping is gone by the next', async t => {
  const w = await world(t)
  const live = await greeted(w)
  const dead = await w.open({ headers: bearer('root'), autoPong: false } as object)
  await dead.next()
  const pinged = Promise.all([live, dead].map(({ socket }) => once(socket, 'ping')))
  w.clock.advance(15_000)
  await pinged
  t.match(await live.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'result' }, 'by now its pong has come')
  w.clock.advance(15_000)
  t.match(await dead.closed(), { code: 1006 })
  t.match(await live.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'result' })
})

t.test('a key that is revoked, or loses what it hears, closes its sockets', async t => {
  const w = await world(t)
  const grant = () => w.keys.set('k', callerOf('k', ['cache:read', 'status']))
  grant()
  const asking = await greeted(w, 'k')
  w.keys.delete('k')
  t.match(await asking.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'error', data: { error: 'UnauthorizedError', message: /revoked/ } })
  t.match(await asking.closed(), { code: 4401 })

  grant()
  const listening = await greeted(w, 'k')
  await listening.ask({ event: 'cache:subscribe', data: { sessionId: SESSION } })
  w.keys.delete('k')
  w.clock.advance(15_000)
  t.match(await listening.closed(), { code: 4401 }, 'by the next ping at the latest')

  for (const [permissions, teams] of [[['status'], null], [['cache:read', 'status'], new Set(['b'])]] as const) {
    grant()
    const client = await greeted(w, 'k')
    await client.ask({ event: 'cache:subscribe', data: { sessionId: SESSION } })
    w.keys.set('k', callerOf('k', [...permissions], { teams }))
    w.clock.advance(15_000)
    t.match(await client.closed(), { code: 4403, reason: new RegExp(`session:${SESSION}`) })
  }
  t.equal(w.rooms(), 0)
})

t.test('a server that stops says so, and waits for no one who does not listen', async t => {
  const w = await world(t)
  const client = await greeted(w)
  const deaf = await greeted(w)
  deaf.socket.pause()
  client.send({ event: 'tale:start', id: 1 })
  const { signal } = await w.called()
  const closing = w.app.close()
  t.match(await client.closed(), { code: 1001, reason: 'The server stops' })
  if (!signal.aborted) await once(signal, 'abort')
  w.clock.advance(5_000)
  await closing
  t.equal(w.clock.pending, 0, 'no timer is left')
  t.equal(w.rooms(), 0)
})

t.test('an upgrade that was on its way when the server stopped does not hold it', async t => {
  let [admit, arrive] = [() => {}, () => {}]
  const arrived = new Promise<void>(resolve => { arrive = resolve })
  let first = true
  const w = await world(t, {
    async admit () {
      if (first) first = false
      else await new Promise<void>(resolve => { admit = resolve; arrive() })
    }
  })
  const client = await greeted(w)
  const opening = w.open()
  await arrived
  const closing = w.app.close()
  await client.closed() // the others are told already
  admit()
  t.match(await (await opening).closed(), { code: 1001, reason: 'The server stops' })
  await closing
})

t.test('one that reads slowly is not hurried: what it has not read waits in the log', async t => {
  const w = await world(t)
  const slow = await greeted(w)
  await slow.ask({ event: 'cache:subscribe', data: { sessionId: SESSION } })
  slow.socket.pause()
  const text = 'x'.repeat(100_000)
  for (let sent = 0; sent < 100; sent++) w.publish(said(SESSION, text))
  slow.socket.resume()
  const seqs: number[] = []
  while (seqs.length < 100) seqs.push((await slow.next()).seq)
  t.same(seqs, seqs.map((_, i) => 101 + i), 'all of it, once and in order')
})
