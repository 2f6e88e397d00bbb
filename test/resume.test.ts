import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { never, run, type Running } from './fixtures/running.ts'
import { runSchedule } from './fixtures/schedule.ts'
import { listen } from './fixtures/socket-client.ts'
import { ways, type Address, type Seen } from './fixtures/ways.ts'
import { endOf, judge, placeWitness } from './fixtures/witness.ts'
import { createRandom } from './soak/random.ts'

/** A conversation with something said in it. */
async function conversation (server: Running, message = 'hello') {
  const { tellId, sessionId } = await server.services.tells.start({ from: 'someone', to: 'echo', message, caller: 'x' })
  await server.services.tells.wait(tellId, 0, never)
  return { tellId, sessionId }
}

const logged = (server: Running, sessionId: string, after = 0) => server.services.log.read(after, 10_000)
  .filter(published => published.sessionId === sessionId && !published.name.startsWith('process:')).map(({ seq }) => seq)

async function events (server: Running, query: string, key = server.key) {
  const response = await fetch(`${server.url}/api/events?${query}`, { headers: { authorization: `Bearer ${key}` } })
  return await response.json() as { events: Seen[], head: number, resume: { verdict: string, from: number, next: number }, error?: string }
}

/** Server-sent events as they come: `take` reads until `enough`, then hangs up. */
async function stream (server: Running, query: string, enough: (seen: Seen[], names: string[]) => boolean, headers: Record<string, string> = {}, key = server.key) {
  const request = httpRequest(`${server.url}/api/events/stream?${query}`, { headers: { authorization: `Bearer ${key}`, ...headers } }).end()
  const [response] = await once(request, 'response') as [IncomingMessage]
  const seen: Seen[] = []
  const names: string[] = []
  /** What the stream itself says, without an id. */
  const said: unknown[] = []
  let text = ''
  for await (const part of response) {
    text += String(part)
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(text.slice(0, end).split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const))
      text = text.slice(end + 2)
      if (!fields.has('event')) continue
      names.push(fields.get('event')!)
      if (fields.has('id')) seen.push(JSON.parse(fields.get('data')!) as Seen)
      else said.push(JSON.parse(fields.get('data')!))
    }
    if (enough(seen, names)) break
  }
  request.destroy()
  return { seen, said, names, headers: response.headers, status: response.statusCode }
}

t.test('resume on a socket: resumed, what was missed once and in order, caught_up, then live', async t => {
  const server = await run(t)
  const { sessionId } = await conversation(server)
  const client = await listen(t, server)
  client.send('resume', { after: 0, rooms: [`session:${sessionId}`] }, 'r')
  const caught = await client.event('caught_up', 'r')
  t.match(client.frames.find(({ event }) => event === 'resumed'), { id: 'r', data: { verdict: 'ok', from: 0, head: Number } })
  const missed = client.frames.flatMap(({ seq }) => seq ?? [])
  t.same(missed, logged(server, sessionId))
  t.equal(caught.data.seq, missed.at(-1))
  await conversation(server, 'and more')
  await client.until(({ event, data }) => event === 'tell:complete' && data.response === 'echo: and more')
  // Chunks that are folded into the answer are gone from the log, and were delivered all the same.
  const all = client.frames.flatMap(({ seq }) => seq ?? [])
  t.same(all, [...new Set(all)].sort((a, b) => a - b), 'once and in order')
  t.ok(logged(server, sessionId).every(seq => all.includes(seq)), 'without a hole')
})

t.test('who subscribes first and resumes then gets nothing twice', async t => {
  const server = await run(t)
  const { sessionId } = await conversation(server)
  const client = await listen(t, server)
  client.send('cache:subscribe', { sessionId }, 's')
  await client.event('result', 's')
  await conversation(server, 'live')
  await client.until(({ event, data }) => event === 'tell:complete' && data.response === 'echo: live')
  client.send('resume', { after: 0 }, 'r')
  await client.event('caught_up', 'r')
  const all = client.frames.flatMap(({ seq }) => seq ?? [])
  t.equal(new Set(all).size, all.length)
  t.ok(logged(server, sessionId).every(seq => all.includes(seq)))
})

t.test('the log as server-sent events, with the last id on return', async t => {
  const server = await run(t)
  const { sessionId } = await conversation(server)
  const first = await stream(server, `rooms=session:${sessionId}&after=0`, (_, names) => names.includes('caught_up'))
  t.match(first.headers, { 'content-type': /text\/event-stream/, 'cache-control': /no-transform/, 'x-accel-buffering': 'no', 'ratelimit-limit': String })
  t.same(first.names[0], 'resumed')
  t.same(first.seen.map(({ seq }) => seq), logged(server, sessionId))
  const last = first.seen.at(-1)!.seq
  const told = conversation(server, 'next')
  const second = await stream(server, `rooms=session:${sessionId}`, seen => seen.some(({ event }) => event === 'tell:complete'), { 'last-event-id': String(last) })
  await told
  t.ok(second.seen.every(({ seq }) => seq > last))
  t.ok(logged(server, sessionId, last).every(seq => second.seen.some(one => one.seq === seq)))
})

t.test('event_list: pages, long poll, and the same cursor', async t => {
  const server = await run(t)
  const { sessionId } = await conversation(server)
  const rooms = `rooms=session:${sessionId}`
  const seen: number[] = []
  for (let next = 0; ;) {
    const page = await events(server, `${rooms}&after=${next}&limit=2`)
    t.ok(page.events.length <= 2)
    seen.push(...page.events.map(({ seq }) => seq))
    if (page.events.length === 0) break
    next = page.resume.next
  }
  t.same(seen, logged(server, sessionId))
  const { head } = await events(server, rooms)
  const polled = events(server, `${rooms}&after=${head}&wait=60000`)
  const told = conversation(server, 'wake up')
  t.ok((await polled).events.length > 0)
  await told
  t.same((await events(server, `${rooms}&after=${(await events(server, rooms)).head}&wait=1`)).events, [])
})

t.test('a cursor older than what is kept, or of another log, is told so', async t => {
  const server = await run(t)
  const { sessionId } = await conversation(server)
  const head = server.services.log.head()
  server.services.store.events.trim({ before: Date.now() + 1, events: 0, bytes: 0 }, 3)
  const floor = server.services.store.events.floor()
  t.match((await events(server, 'after=1')).resume, { verdict: 'gap', from: floor })
  t.match((await events(server, `after=${floor}`)).resume, { verdict: 'ok', from: floor })
  t.match((await events(server, `after=${head + 1000}`)).resume, { verdict: 'gap', from: floor })
  const client = await listen(t, server)
  client.send('resume', { after: 1, rooms: [`session:${sessionId}`] }, 'r')
  t.match((await client.event('resumed', 'r')).data, { verdict: 'gap', from: floor, head })
  await client.event('caught_up', 'r')
  t.same(client.frames.flatMap(({ seq }) => seq ?? []), logged(server, sessionId))
})

t.test('where one session was trimmed its readers are told so, on each way in, and no other is', async t => {
  const server = await run(t)
  const { store } = server.services
  const one = await conversation(server)
  const { id: other } = server.services.sessions.open('another', 'echo')
  for (let n = 0; n < 9; n++) await conversation(server, `${n}`)
  const { tellId } = await server.services.tells.start({ from: 'another', to: 'echo', message: 'x', caller: 'x' })
  await server.services.tells.wait(tellId, 0, never)
  store.events.trimSessions({ events: 10, bytes: 0 }, 1000)
  const holes = store.events.holes(one.sessionId)
  t.ok(holes > 5)
  const rows: [rooms: string[], after: number, verdict: string][] = [
    [[`session:${one.sessionId}`], holes - 1, 'gap'],
    [[`session:${one.sessionId}`], holes, 'ok'],
    [[`session:${other}`], 1, 'ok'],
    [[`session:${other}`, `session:${one.sessionId}`], 1, 'gap'],
    [['team:*'], 1, 'gap'],
    [['team:*'], holes, 'ok'],
    [[], 1, 'gap']
  ]
  for (const [rooms, after, verdict] of rows) {
    const query = rooms.map(room => `rooms=${room}&`).join('') + `after=${after}`
    t.match((await events(server, query)).resume, { verdict, from: after }, `event_list of ${query}`)
    const { said } = await stream(server, query, (_, names) => names.includes('caught_up'))
    t.match(said[0], { verdict, from: after }, `the stream of ${query}`)
    if (rooms.length === 0) continue
    const client = await listen(t, server)
    client.send('resume', { after, rooms }, 'r')
    t.match((await client.event('resumed', 'r')).data, { verdict, from: after }, `a socket of ${query}`)
    await client.event('caught_up', 'r')
    if (rooms.length === 1 && rooms[0]!.startsWith('session:')) {
      t.same(client.frames.flatMap(({ seq }) => seq ?? []), logged(server, rooms[0]!.slice(8), after), 'what is left is all there')
    }
  }
})

t.test('the cursor of one key shows another key nothing of teams it does not reach', async t => {
  const server = await run(t, { teams: { other: {} } })
  const { sessionId } = await conversation(server)
  const { tellId } = await server.services.tells.start({ from: 'someone', to: 'other', message: 'x', caller: 'x' })
  await server.services.tells.wait(tellId, 0, never)
  const held = server.makeKey({ permissions: ['cache:read', 'status'], teams: ['other'] })
  const all = await events(server, 'limit=1000', held)
  t.ok(all.events.length > 0)
  t.same([...new Set(all.events.map(({ data }) => data.team))], ['other'])
  t.match(await events(server, `rooms=session:${sessionId}`, held), { error: 'ForbiddenError' })
  t.match(await events(server, 'rooms=team:echo', held), { error: 'ForbiddenError' })
  t.equal((await stream(server, `rooms=session:${sessionId}`, () => true, {}, held)).status, 403)
  const { seen } = await stream(server, 'after=0', (_, names) => names.includes('caught_up'), {}, held)
  t.same([...new Set(seen.map(({ data }) => data.team))], ['other'])
  const blind = server.makeKey({ permissions: ['status'], teams: ['other'] })
  t.ok((await events(server, 'limit=1000', blind)).events.every(({ event }) => event.startsWith('process:')))
  const client = await listen(t, server, held)
  client.send('resume', { after: 0, rooms: [`session:${sessionId}`] }, 'r')
  t.match((await client.event('error', 'r')).data, { error: 'ForbiddenError' })
})

t.test('who tells something in a session that it hears is told all that happens there in its order, and once', async t => {
  const server = await run(t)
  const { sessionId } = await conversation(server)
  const client = await listen(t, server)
  client.send('cache:subscribe', { sessionId }, 'heard')
  await client.event('result', 'heard')
  const { head } = (await client.event('hello')).data as { head: number }
  client.send('tell:start', { toTeam: 'echo', message: '!blocks', fromTeam: 'someone' }, 'own')
  const { seq: last } = await client.event('tell:complete', 'own')
  const told = client.frames.filter(({ seq }) => seq !== undefined).map(({ event, id, seq }) => [seq, event, id])
  const stored = server.services.log.read(head, 10_000).filter(({ seq, name }) => seq <= last! && !name.startsWith('process:'))
  t.same(told.filter(([, event]) => event !== 'tell:chunk'), stored.map(({ seq, name }) => [seq, name, name.startsWith('tell:') ? 'own' : undefined]))
  t.same(told.map(([seq]) => seq), told.map(([seq]) => seq).sort((a, b) => Number(a) - Number(b)), 'numbers only go up')
})

t.test('a tell of one who is behind does not move its cursor past what it has not got yet', async t => {
  const server = await run(t)
  const { sessionId } = await conversation(server)
  for (let n = 0; n < 1_000; n++) {
    server.services.log.append({ event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: n, type: 'system', data: { n } } } })
  }
  const client = await listen(t, server)
  client.send('resume', { after: 0, rooms: [`session:${sessionId}`] }, 'r')
  client.send('tell:start', { toTeam: 'echo', message: 'meanwhile', fromTeam: 'someone' }, 'own')
  t.match((await client.event('tell:complete', 'own')).data, { response: 'echo: meanwhile' })
  await client.event('caught_up', 'r')
  const names = client.frames.map(({ event }) => event)
  t.ok(names.indexOf('tell:started') < names.indexOf('caught_up'), 'it hears of its tell at once')
  const seqs = client.frames.flatMap(({ seq }) => seq ?? [])
  t.same(seqs, [...new Set(seqs)].sort((a, b) => a - b), 'numbers only go up')
  const own = client.frames.filter(({ id, seq }) => id === 'own' && seq === undefined).map(({ event }) => event)
  const numbered = new Set(seqs)
  const missing = server.services.log.read(0, 10_000).filter(({ seq, sessionId: id, name }) => id === sessionId && !name.startsWith('process:') && !numbered.has(seq))
  t.ok(own.includes('tell:started'), 'what comes ahead has no number')
  t.ok(missing.every(({ name }) => own.includes(name)), 'and comes once')
})

t.test('who is closed as too slow while it catches up is told the number up to which it was sent', async t => {
  const server = await run(t)
  const { sessionId } = await conversation(server)
  const sockets = new Set<Socket>()
  server.app.server.on('connection', (socket: Socket) => { sockets.add(socket) })
  for (let n = 0; n < 8; n++) {
    server.services.log.append({ event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: n, type: 'system', data: 'x'.repeat(1_500_000) } } })
  }
  const client = await listen(t, server)
  client.socket.pause()
  client.send('resume', { after: 0, rooms: [`session:${sessionId}`] }, 'r')
  while (![...sockets].some(({ writableLength }) => writableLength > 1024 * 1024)) await new Promise(resolve => { setImmediate(resolve) })
  const closed = once(client.socket, 'close')
  client.socket.ping() // its answer is more than such a reader may be sent
  client.socket.resume()
  const [code, reason] = await closed as [number, Buffer]
  const last = client.frames.findLast(({ seq }) => seq !== undefined)!.seq!
  t.equal(code, 1013)
  t.same(JSON.parse(reason.toString()), { seq: last })
  t.ok(last < server.services.log.head())
  const metrics = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.key}` } })
  t.match(await metrics.text(), 'iris_slow_clients_total{kind="websocket"} 1')
})

t.test('a socket that reads gets each chunk, however much comes in one turn', async t => {
  const server = await run(t)
  const { sessionId, tellId } = await conversation(server)
  const client = await listen(t, server)
  client.send('resume', { after: server.services.log.head(), rooms: [`session:${sessionId}`] }, 'r')
  await client.event('caught_up', 'r')
  const { log, store } = server.services
  const chunk = 'x'.repeat(60_000)
  const stored = Array.from({ length: 7 }, (_, n) => log.append({ event: 'tell:chunk', data: { sessionId, team: 'echo', tellId, offset: n * 60_000, chunk } })[0]!)
  store.events.dropChunks(tellId)
  await conversation(server, 'after that')
  await client.until(({ event }) => event === 'tell:complete')
  t.same(client.frames.flatMap(({ seq, data }) => data.tellId === tellId ? [seq] : []), stored.map(({ seq }) => seq))
})

t.test('a reader that stops for a while is not written to, and has all of it once it reads on', async t => {
  const server = await run(t)
  const witness = placeWitness(join(server.home, '.iris'))
  t.teardown(witness.close)
  const sockets = new Set<Socket>()
  server.app.server.on('connection', (socket: Socket) => { sockets.add(socket) })
  for (const name of ['websocket', 'stream'] as const) {
    const { sessionId } = await conversation(server, name)
    const after = server.services.log.head()
    // More than the system keeps for a connection, some 4 MB.
    const tellIds = (await Promise.all([1, 2].map(() => server.services.tells.start({ from: 'someone', to: 'echo', message: '!big 1200000', caller: 'x' })))).map(({ tellId }) => tellId)
    const seen: Seen[] = []
    await ways[name](server, {
      room: `session:${sessionId}`,
      after,
      limit: 1,
      fault: what => { t.fail(what) },
      sleepsAfter: 2,
      async awake () {
        await Promise.all(tellIds.map(tellId => server.services.tells.wait(tellId, 0, never)))
        t.ok([...sockets].some(({ writableLength }) => writableLength > 256 * 1024), `the ${name} is full`)
        t.ok([...sockets].every(({ writableLength }) => writableLength < 8 * 1024 * 1024), 'and what it is to read is not kept for it')
      },
      hear (one) {
        seen.push(one)
        return endOf([one], tellIds[1]!) === undefined
      }
    })
    t.same(judge(seen, witness.told(sessionId, after)), [])
    t.ok(tellIds.every(tellId => endOf(seen, tellId)))
  }
})

t.test('whatever way a client comes back by, however often and however slowly, it has all, once and in order', async t => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e6)
  const schedules = Number(process.env.SCHEDULES ?? 12)
  t.setTimeout(30_000 + schedules * 2_000)
  let server = await run(t)
  const { home, key } = server
  const witness = placeWitness(join(home, '.iris'))
  t.teardown(witness.close)
  let up = Promise.resolve<Address>(server)
  const restart = () => {
    up = server.close().then(async () => {
      server = await run(t, { home, key })
      server.services.tells.recover()()
      return server
    })
  }
  for (let n = 0; n < schedules; n++) {
    const random = createRandom(seed + n)
    const restartsAt = random.chance(0.3) ? 1 + random.below(12) : Infinity
    const { faults, counts } = await runSchedule({
      address: () => up,
      witness,
      random,
      from: `someone-${n % 3}`,
      onHeard (count) { if (count === restartsAt) restart() },
      sleep: async tellIds => {
        const { tells } = server.services
        await Promise.all(tellIds.filter(tells.has).map(tellId => tells.wait(tellId, 0, never))) // the others are not sent yet
      }
    })
    await up
    t.same(faults, [], `SEED=${seed + n} SCHEDULES=1: ${JSON.stringify({ restartsAt, ...counts })}`)
    t.same(server.errors, [])
  }
})
