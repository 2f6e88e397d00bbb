import { setMaxListeners } from 'node:events'
import t from 'tap'
import type { createServices } from '../src/services.ts'
import { teamTell } from '../src/tools/team-tell.ts'
import { turns } from './fixtures/test-clock.ts'
import { scratch, wire } from './fixtures/wired.ts'

const never = new AbortController().signal
setMaxListeners(0, never)
const tell = (message: string, from = 'a') => ({ from, to: 'echo', message, caller: 'key' })

/** How many transactions `work` takes, until everything that is ready has run. */
async function transactions ({ store }: ReturnType<typeof createServices>, work: () => unknown): Promise<number> {
  const { transaction } = store
  let count = 0
  store.transaction = work => { count++; return transaction(work) }
  await work()
  await turns()
  store.transaction = transaction
  return count
}

t.test('a tell to an agent that waits is accepted and begun as one, before the agent has it', async t => {
  const { services, services: { tells, pool, sessions, log, store }, agent, errors } = wire(t)
  pool.release(await pool.acquire(sessions.open('a', 'echo'), { within: 1_000 }))
  const sent = () => agent.processes[0]!.sent.length
  const events: unknown[] = []
  log.subscribe('all', ({ event }) => { events.push([event.event, sent()]) })
  let id = ''
  t.equal(await transactions(services, async () => {
    id = (await tells.start(tell('hello'))).tellId
    t.match(store.tells.get(id), { state: 'running', startedAt: Number })
  }), 1)
  t.same(events, [['tell:started', 0], ['cache:message', 0]])
  t.equal(sent(), 1)
  t.match(pool.state(sessions.open('a', 'echo')), { state: 'busy', reason: "answers 'a'" })
  agent.processes[0]!.reply('done')
  const { how, tell: ended } = await tells.wait(id, 0, never)
  t.equal(how, 'ended')
  t.strictSame(ended, tells.get(id), 'what is told at the end is what is stored')
  t.strictSame(errors, [])
})

t.test('one whose acceptance cannot be stored leaves the agent to the next', async t => {
  const { services: { tells, pool, sessions, store }, agent } = wire(t)
  const session = sessions.open('a', 'echo')
  pool.release(await pool.acquire(session, { within: 1_000 }))
  const { insert } = store.tells
  store.tells.insert = () => { throw new Error('database or disk is full') }
  await t.rejects(tells.start(tell('never')), { message: 'database or disk is full' })
  store.tells.insert = insert
  t.match([pool.state(session).state, tells.load(session.id), agent.processes[0]!.sent.length], ['idle', 0, 0])
  await tells.start(tell('next'))
  t.match(agent.processes[0]!.sent, [{ text: 'next' }])
  agent.processes[0]!.reply('done')
  await turns()
})

t.test('a tell that comes in the moment in which its agent dies is told to the next one', async t => {
  const { services: { tells, pool, sessions, store, cache }, agent, errors } = wire(t)
  const session = sessions.open('a', 'echo')
  pool.release(await pool.acquire(session, { within: 1_000 }))
  const coming = tells.start(tell('hello'))
  agent.processes[0]!.die({ code: 1 })
  const { tellId } = await coming
  t.match(store.tells.get(tellId), { state: 'queued', startedAt: null }, 'it is not begun')
  await turns()
  agent.processes[1]!.reply('done')
  await turns()
  t.match(tells.get(tellId), { state: 'completed', response: 'done' })
  t.same(agent.processes.map(({ sent }) => sent.length), [0, 1])
  t.same(cache.read(session.id, 0, 9).entries.map(({ type }) => type), ['user', 'assistant'])
  t.match(pool.state(session), { state: 'idle' })
  t.same(errors, [])
})

t.test('tells that come in one turn of the event loop are accepted in one transaction, and none runs before', async t => {
  const { services, services: { tells, pool, sessions, store, log }, agent } = wire(t)
  pool.release(await pool.acquire(sessions.open('a', 'echo'), { within: 1_000 }))
  const order: string[] = []
  log.subscribe('all', ({ event }) => { if (event.event === 'tell:started') order.push(`${event.data.from} ${event.data.ahead}`) })
  let begun: Awaited<ReturnType<typeof tells.start>>[] = []
  t.equal(await transactions(services, async () => {
    const coming = ['a', 'b', 'a', 'b'].map(from => tells.start(tell('work', from)))
    t.same(store.tells.list({}, { limit: 9 }).rows, [], 'not yet')
    t.same(agent.processes.map(({ sent }) => sent.length), [0])
    begun = await Promise.all(coming)
    t.same(begun.map(({ tellId }) => store.tells.get(tellId)?.state), ['running', 'queued', 'queued', 'queued'])
    t.same(agent.processes[0]!.sent.map(({ text }) => text), ['work'], 'who waited has it')
  }), 3, 'and two more for the process and the turn of the other')
  t.same(order, ['a 0', 'b 0', 'a 1', 'b 1'])
  for (let n = 0; n < 2; n++) {
    for (const process of agent.processes) process.reply('done')
    await turns()
  }
  t.same(begun.map(({ tellId }) => tells.get(tellId).state), Array(4).fill('completed'))
})

t.test('of tells that come at once one that cannot be stored is refused alone, and its line goes on', async t => {
  const { services: { tells, pool, sessions, store }, agent, errors } = wire(t)
  pool.release(await pool.acquire(sessions.open('a', 'echo'), { within: 1_000 }))
  const { insert } = store.tells
  store.tells.insert = (row, bodies) => {
    if (row.message.startsWith('never')) throw new Error('database or disk is full')
    insert(row, bodies)
  }
  const coming = ['never, of a', 'one', 'never, of a, once more', 'two'].map(message => tells.start(tell(message)))
  coming.push(...['never, of b', 'three'].map(message => tells.start(tell(message, 'b'))))
  const outcomes = await Promise.allSettled(coming)
  t.same(outcomes.map(({ status }) => status), ['rejected', 'fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
  await turns()
  for (let n = 0; n < 2; n++) {
    for (const process of agent.processes) process.reply('done')
    await turns()
  }
  t.same(agent.processes.map(({ sent }) => sent.map(({ text }) => text)), [['one', 'two'], ['three']])
  t.same(tells.count(), { running: 0, queued: 0 })
  t.same(errors, [])
})

t.test('a tell that is sent twice in one turn of the event loop is one, and another one by its id is refused', async t => {
  const { services: { tells, store }, agent } = wire(t)
  const tellId = '00000000-0000-4000-8000-000000000001'
  const once = { ...tell('once'), tellId }
  const heard: string[][] = [[], []]
  const [one, two, other] = await Promise.allSettled([
    ...heard.map(events => tells.start(once, ({ event }) => { events.push(event) })), tells.start({ ...once, message: 'other' })
  ])
  t.match([one, two, other], [{ value: { tellId } }, { value: { tellId } }, { reason: { name: 'IdempotencyMismatchError' } }])
  await turns()
  agent.processes[0]!.reply('done')
  await turns()
  t.same(agent.processes[0]!.sent.map(({ text }) => text), ['once'])
  t.same(heard, Array(2).fill(['tell:started', 'tell:chunk', 'tell:complete']), 'both hear of it')

  const id = '00000000-0000-4000-8000-000000000002'
  const { insert } = store.tells
  store.tells.insert = () => { throw new Error('database or disk is full') }
  const both = await Promise.allSettled([1, 2].map(() => tells.start({ ...once, tellId: id })))
  store.tells.insert = insert
  t.match(both, Array(2).fill({ status: 'rejected', reason: { message: 'database or disk is full' } }), 'neither is told that it was taken')
  t.notOk(tells.has(id))
})

t.test('what has just come is stored before it is cancelled, and before a stop', async t => {
  const home = scratch(t)
  const { services: { tells, pool, sessions }, agent } = wire(t, { home })
  const session = sessions.open('a', 'echo')
  pool.release(await pool.acquire(session, { within: 1_000 }))
  const [runs, waits] = ['runs', 'waits'].map(message => tells.start(tell(message)))
  const cancelled = tells.cancelAll(session.id, 'by test')
  t.equal(agent.processes[0]!.interrupts, 1)
  agent.processes[0]!.say({ type: 'ended', tellId: (await runs!).tellId, outcome: 'interrupted' })
  await cancelled
  t.same([await runs!, await waits!].map(({ tellId }) => tells.get(tellId).state), ['cancelled', 'cancelled'])
  t.same(agent.processes[0]!.sent.map(({ text }) => text), ['runs'])

  const last = ['last', 'for the next start'].map(message => tells.start(tell(message)))
  const drained = tells.drain(10_000)
  agent.processes[0]!.reply('done')
  await drained
  t.same((await Promise.all(last)).map(({ tellId }) => tells.get(tellId).state), ['completed', 'queued'])
})

t.test('tells that end in one turn of the event loop end in one transaction, and none is told before', async t => {
  const { services, services: { tells, store, log }, agent } = wire(t)
  const ids = (await Promise.all(['a', 'b', 'c'].map(from => tells.start(tell('work', from))))).map(({ tellId }) => tellId)
  await turns()
  const states = () => ids.map(id => store.tells.get(id)!.state)
  const seen: unknown[] = []
  log.subscribe('all', ({ event }) => { if (event.event === 'tell:complete') seen.push(states()) })
  t.equal(await transactions(services, () => { for (const process of agent.processes) process.reply('done') }), 1)
  t.same(seen, ids.map(() => ['completed', 'completed', 'completed']))
})

t.test('what waits in a session begins when the end before it is stored', async t => {
  const { services: { tells, store }, agent } = wire(t)
  const ids = (await Promise.all(['one', 'two'].map(message => tells.start(tell(message))))).map(({ tellId }) => tellId)
  await turns()
  const { sent } = agent.processes[0]!
  let before: unknown
  const { push } = sent
  sent.push = (...more) => { before = store.tells.get(ids[0]!)!.state; return push.apply(sent, more) }
  agent.processes[0]!.reply('done')
  await turns()
  t.equal(before, 'completed')
  agent.processes[0]!.reply('done')
  await turns()
  t.equal(tells.get(ids[1]!).state, 'completed')
})

/** A call of somebody who may do all. */
const callOf = (services: ReturnType<typeof createServices>, signal = never) => ({
  ...services, caller: { name: 'admin', self: 'a', permissions: new Set(['admin'] as const), teams: null, as: null }, signal, emit () {}, charge () {}
})

t.test('a call that waits for the end of its tell is put on record with that, and answered after it', async t => {
  const { services, services: { store, audit, pool, sessions }, agent, errors } = wire(t)
  pool.release(await pool.acquire(sessions.open('a', 'echo'), { within: 1_000 }))
  const answer = teamTell.run({ toTeam: 'echo', message: 'hello', timeout: 0 }, callOf(services))
  await turns()
  let state: unknown
  void answer.then(({ tellId }) => { state = [store.tells.get(tellId as string)!.state, audit.list({ limit: 9 }).rows.length] })
  t.equal(await transactions(services, () => { agent.processes[0]!.reply('done') }), 1)
  t.strictSame(state, ['completed', 1])
  const { tellId, sessionId } = await answer
  t.match(audit.list({ limit: 9 }).rows, [{ caller: 'admin', tool: 'team_tell', team: 'echo', tellId, sessionId, outcome: 'ok' }])
  t.equal(audit.verify().broken, undefined)
  t.strictSame(errors, [])
})

t.test('where the end cannot be stored its entry is not there either, and both are once it can', async t => {
  const { services, services: { store, audit }, agent, clock } = wire(t)
  const answer = teamTell.run({ toTeam: 'echo', message: 'hello', timeout: 0 }, callOf(services))
  await turns()
  const { append } = store.events
  store.events.append = () => { throw new Error('database or disk is full') }
  agent.processes[0]!.reply('done')
  await turns()
  t.strictSame(audit.list({ limit: 9 }).rows, [])
  store.events.append = append
  await clock.advance(60_000)
  t.match(await answer, { state: 'completed', response: 'done' })
  t.match(audit.list({ limit: 9 }).rows, [{ outcome: 'ok' }])
  t.equal(audit.verify().rows, 1)
})

t.test('a call is put on record by itself where its wait ends first, and by its error where its tell fails', async t => {
  const { services, services: { audit }, agent, clock } = wire(t)
  const late = t.rejects(teamTell.run({ toTeam: 'echo', message: 'slow', timeout: 1_000 }, callOf(services)), { name: 'TellTimeoutError' })
  await clock.advance(1_000)
  await late
  t.match(audit.list({ limit: 9 }).rows, [{ outcome: 'TellTimeoutError', team: 'echo', tellId: String }])
  const failed = t.rejects(teamTell.run({ toTeam: 'echo', message: 'broken', timeout: 0 }, callOf(services)), { name: 'AgentError' })
  await turns()
  agent.processes[0]!.reply('at last')
  await turns()
  agent.processes[0]!.die({ code: 1 })
  await failed
  t.match(audit.list({ limit: 9 }).rows, [{ outcome: 'AgentError', team: 'echo', tellId: String }, { outcome: 'TellTimeoutError' }])
  t.equal(audit.verify().rows, 2)
})

t.test('a tell whose agent dies before its turn listens to it fails, and the next one has another', async t => {
  const { services: { tells, log }, agent } = wire(t)
  const leave = log.subscribe('all', ({ event: { event } }) => {
    if (event !== 'cache:message') return
    leave()
    agent.processes[0]!.die({ code: 3 })
  })
  const { tellId } = await tells.start(tell('first'))
  await turns()
  t.match(tells.get(tellId), { state: 'failed', error: { error: 'AgentError', message: /exit code 3/ } })
  await tells.start(tell('second'))
  await turns()
  t.match(agent.processes[1]?.sent, [{ text: 'second' }])
  agent.processes[1]!.reply('done')
  await turns()
})
