import { setMaxListeners } from 'node:events'
import t, { type Test } from 'tap'
import type { Config } from '../schemas/config.ts'
import type { EventName } from '../schemas/event.ts'
import { createServices, type Wiring } from '../src/services.ts'
import { createScriptedAgent } from './fixtures/scripted-agent.ts'
import { createTestClock, turns } from './fixtures/test-clock.ts'
import { makeConfig, scratch } from './fixtures/wired.ts'

const never = new AbortController().signal
setMaxListeners(0, never)
const WITHIN = { within: 1_000 }
const tell = (message: string, more: object = {}) => ({ from: 'a', to: 'echo', message, caller: 'key', ...more })

/** Services that end with their store: what hangs after a fault must not hang the end of its test. */
function wire (t: Test, { settings = {}, script, ask = false }: { settings?: Partial<Config['settings']>, script?: Parameters<typeof createScriptedAgent>[0], ask?: boolean } = {}) {
  const agent = createScriptedAgent(script)
  const clock = createTestClock()
  const services = createServices({ config: makeConfig(scratch(t), { settings, teams: { echo: ask ? { permissions: 'ask' } : {} } }), clock, agents: () => agent, onError: () => {} })
  t.teardown(() => { services.store.close() })
  return { services, agent, clock }
}

/** Events of this name cannot be stored, as on a full disk, until the function it returns is called. */
function full (services: Wiring, name: EventName): () => void {
  const { events } = services.store
  const append = events.append
  events.append = (event, at) => {
    if (event.event === name) throw new Error('database or disk is full')
    return append(event, at)
  }
  return () => { events.append = append }
}

/** Whether it settles once everything that is ready has run. */
async function settles (promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const settle = () => { settled = true }
  promise.then(settle, settle)
  await turns()
  return settled
}

t.test('a tell whose acceptance cannot be stored is refused, and never runs', async t => {
  const { services, agent } = wire(t)
  const { tells } = services
  const tellId = '00000000-0000-4000-8000-000000000001'
  const heal = full(services, 'tell:started')
  await t.rejects(tells.start(tell('once', { tellId })))
  heal()
  await tells.start(tell('once', { tellId }))
  await turns()
  agent.processes[0]!.reply('done')
  await turns()
  t.same(agent.processes[0]!.sent.map(({ text }) => text), ['once'], 'it is sent once')
})

t.test('an agent whose start cannot be stored works all the same, and is counted', async t => {
  const { services: { pool, sessions }, services, agent } = wire(t)
  const heal = full(services, 'process:spawned')
  await pool.acquire(sessions.open('a', 'echo'), WITHIN)
  heal()
  await turns()
  t.equal(agent.alive(), pool.size().total, 'each living agent has a place')
})

t.test('a failed start that cannot be stored gives its place back', async t => {
  let fail = true
  const { services: { pool, sessions }, services } = wire(t, { settings: { maxProcesses: 1 }, script: { onStart: () => { if (fail) throw new Error('no') } } })
  const heal = full(services, 'process:error')
  await t.rejects(pool.acquire(sessions.open('a', 'echo'), WITHIN))
  heal()
  fail = false
  await turns()
  t.equal(pool.size().total, 0, 'the place is free')
  t.ok(await settles(pool.acquire(sessions.open('a', 'echo'), WITHIN)), 'the next one is not kept waiting')
})

t.test('an end of an agent that cannot be stored throws nothing into the reader of its output', async t => {
  const { services: { pool, sessions }, services, agent } = wire(t)
  await pool.acquire(sessions.open('a', 'echo'), WITHIN)
  const heal = full(services, 'process:terminated')
  t.doesNotThrow(() => { agent.processes[0]!.die({ code: 1 }) }, 'nothing is thrown')
  heal()
  await turns()
  t.equal(pool.size().total, 0)
})

t.test('a question is answered also where it cannot be put on record', async t => {
  const { services, agent } = wire(t)
  const { tellId } = await services.tells.start(tell('work'))
  await turns()
  const heal = full(services, 'cache:message')
  agent.processes[0]!.say({ type: 'ask', tellId, requestId: 'r', tool: 'Write', input: {}, data: {} })
  heal()
  t.equal(agent.processes[0]!.answers.length, 1, 'answered')
  agent.processes[0]!.reply('done')
  await turns()
})

t.test('a question that cannot be put on record is not open', async t => {
  const { services: { approvals, pool, sessions, tells }, services, agent } = wire(t, { ask: true })
  const { tellId, sessionId } = await tells.start(tell('work'))
  await turns()
  const heal = full(services, 'approval:requested')
  agent.processes[0]!.say({ type: 'ask', tellId, requestId: 'r', tool: 'Write', input: {}, data: {} })
  heal()
  t.match(agent.processes[0]!.answers, [{ decision: { behavior: 'deny' } }])
  t.same([approvals.waiting(tellId), approvals.open(sessionId)], [[], 0])
  agent.processes[0]!.reply('done')
  await turns()
  t.equal(pool.state(sessions.get(sessionId)).state, 'idle')
})

t.test('a question that is over is so on record once it can be stored', async t => {
  const { services: { approvals, tells, log }, services, agent, clock } = wire(t, { ask: true })
  const { tellId } = await tells.start(tell('work'))
  await turns()
  agent.processes[0]!.say({ type: 'ask', tellId, requestId: 'r', tool: 'Write', input: {}, data: {} })
  const { approvalId } = approvals.waiting(tellId)[0]!
  const heard: string[] = []
  log.subscribe('all', ({ event }) => { if (event.event === 'approval:resolved') heard.push(event.data.approvalId) })
  const heal = full(services, 'approval:resolved')
  agent.processes[0]!.say({ type: 'unask', requestId: 'r' })
  await clock.advance(60_000)
  t.equal(approvals.get(approvalId).state, 'pending')
  heal()
  await clock.advance(60_000)
  t.match(approvals.get(approvalId), { state: 'expired', decision: 'deny', by: 'end' })
  t.same(heard, [approvalId])
})

t.test('a tell whose end cannot be stored ends once it can, and its watchers are told', async t => {
  const { services, agent, clock } = wire(t)
  const { tells } = services
  const heard: string[] = []
  const { tellId } = await tells.start(tell('work'), ({ event }) => { heard.push(event) })
  await turns()
  const heal = full(services, 'tell:complete')
  agent.processes[0]!.reply('done')
  await turns()
  heal()
  await clock.advance(60_000)
  t.match(tells.get(tellId), { state: 'completed', response: 'done' }, 'it ended')
  t.ok(heard.some(event => event === 'tell:complete' || event === 'tell:error'), 'its watcher was told')
})

t.test('a stop does not wait for an end that cannot be stored, and tells who waits for it', async t => {
  const { services: { tells }, services, agent } = wire(t)
  const ids = await Promise.all(['a', 'b'].map(async from => (await tells.start(tell('work', { from }))).tellId))
  await turns()
  const waits = Promise.all(ids.map(id => tells.wait(id, 0, never)))
  full(services, 'tell:complete')
  agent.processes[0]!.reply('done')
  await turns()
  const drained = tells.drain(10_000)
  agent.processes[1]!.reply('done')
  t.ok(await settles(drained))
  t.match(await waits, ids.map(() => ({ how: 'stopped' })))
})

t.test('an answer is kept also where the note that its conversation can be resumed is not', async t => {
  const { services, agent, clock } = wire(t)
  const { sessions: rows } = services.store
  const { update } = rows
  rows.update = (id, fields) => {
    if (fields.resumable === true) throw new Error('database or disk is full')
    update(id, fields)
  }
  const { tellId } = await services.tells.start(tell('work'))
  await turns()
  agent.processes[0]!.reply('done')
  await turns()
  rows.update = update
  await clock.advance(60_000)
  t.match(services.tells.get(tellId), { state: 'completed', response: 'done' }, 'the answer is there')
})

t.test('tells that were queued go on after a start with a smaller maxQueued', async t => {
  const { services: { store, sessions, tells } } = wire(t, { settings: { maxQueued: 1 }, script: { onSend: (process, text) => { process.reply(text) } } })
  const session = sessions.open('a', 'echo')
  const ids = [0, 1, 2, 3].map(n => `00000000-0000-4000-8000-00000000000${n}`)
  for (const id of ids) {
    store.tells.insert({ id, sessionId: session.id, from: 'a', to: 'echo', caller: 'key', state: 'queued', message: id, response: '', error: null, usage: null, createdAt: 1, startedAt: null, endedAt: null, parentId: null, rootId: '', depth: 0 })
  }
  tells.recover()()
  for (let n = 0; n < 4; n++) await turns()
  t.same(ids.map(id => tells.get(id).state), ids.map(() => 'completed'), 'all ran')
  t.ok(await settles(tells.cancel(ids[3]!, 'test')), 'each can be cancelled')
})

t.test('maxQueued 0 still takes a tell that need not wait', async t => {
  const { services: { tells }, agent } = wire(t, { settings: { maxQueued: 0 } })
  await t.resolves(tells.start(tell('now')), 'it is taken')
  await turns()
  agent.processes[0]?.reply('done')
})
