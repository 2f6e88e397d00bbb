import { setMaxListeners } from 'node:events'
import t from 'tap'
import type { createServices } from '../src/services.ts'
import { teamTell } from '../src/tools/team-tell.ts'
import { turns } from './fixtures/test-clock.ts'
import { wire } from './fixtures/wired.ts'

const never = new AbortController().signal
setMaxListeners(0, never)
const tell = (message: string, from = 'a') => ({ from, to: 'echo', message, caller: 'key' })

/** How many transactions `work` takes, until everything that is ready has run. */
async function transactions ({ store }: ReturnType<typeof createServices>, work: () => void): Promise<number> {
  const { transaction } = store
  let count = 0
  store.transaction = work => { count++; return transaction(work) }
  work()
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
  t.equal(await transactions(services, () => {
    id = tells.start(tell('hello')).tellId
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
  t.throws(() => tells.start(tell('never')), { message: 'database or disk is full' })
  store.tells.insert = insert
  t.match([pool.state(session).state, tells.load(session.id), agent.processes[0]!.sent.length], ['idle', 0, 0])
  tells.start(tell('next'))
  t.match(agent.processes[0]!.sent, [{ text: 'next' }])
  agent.processes[0]!.reply('done')
  await turns()
})

t.test('tells that end in one turn of the event loop end in one transaction, and none is told before', async t => {
  const { services, services: { tells, store, log }, agent } = wire(t)
  const ids = ['a', 'b', 'c'].map(from => tells.start(tell('work', from)).tellId)
  await turns()
  const states = () => ids.map(id => store.tells.get(id)!.state)
  const seen: unknown[] = []
  log.subscribe('all', ({ event }) => { if (event.event === 'tell:complete') seen.push(states()) })
  t.equal(await transactions(services, () => { for (const process of agent.processes) process.reply('done') }), 1)
  t.same(seen, ids.map(() => ['completed', 'completed', 'completed']))
})

t.test('what waits in a session begins when the end before it is stored', async t => {
  const { services: { tells, store }, agent } = wire(t)
  const ids = ['one', 'two'].map(message => tells.start(tell(message)).tellId)
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
