import t from 'tap'
import { viewSession, viewTeam } from '../src/session-view.ts'
import type { Trouble } from '../src/agent/agent.ts'
import type { ScriptedProcess } from './fixtures/scripted-agent.ts'
import { turns } from './fixtures/test-clock.ts'
import { never } from './fixtures/running.ts'
import { scratch, wire } from './fixtures/wired.ts'

const tell = (message: string, more: object = {}) => ({ from: 'a', to: 'echo', message, caller: 'key', ...more })

/** The newest message is refused by the model service. */
function refuse (process: ScriptedProcess, until?: number) {
  const trouble: Trouble = { reason: 'rate_limited', ...(until !== undefined && { until }) }
  process.say({ type: 'message', tellId: process.sent.at(-1)!.tellId, kind: 'assistant', data: { error: 'rate_limit' } })
  process.say({ type: 'ended', tellId: process.sent.at(-1)!.tellId, outcome: 'failed', error: 'limit', trouble })
}

t.test('tells wait for the limit to pass, go on by themselves in order, and the waiting shows', async t => {
  const { services, agent, clock, errors } = wire(t)
  const { tells, cache, sessions } = services
  const first = await tells.start(tell('one'))
  const second = await tells.start(tell('two'))
  const other = await tells.start(tell('elsewhere', { from: 'b' }))
  await turns()
  const [process, neighbour] = agent.processes as [ScriptedProcess, ScriptedProcess]
  neighbour.reply('fine')
  const until = clock.now() + 60_000
  refuse(process, until)
  await turns()
  t.match(tells.get(first.tellId), { state: 'queued', response: '' })
  t.equal(tells.get(other.tellId).state, 'completed')
  t.match(viewTeam('echo', undefined, services), { limitedUntil: until, reason: /takes no more until/ })
  t.match(viewSession(sessions.get(first.sessionId), services), { state: 'idle', limitedUntil: until, queued: 2 })
  t.match(tells.count(), { running: 0, queued: 2 })

  const late = await tells.start(tell('a team waits, not a session', { from: 'c' }))
  await clock.advance(59_999)
  t.equal(process.sent.length, 1)
  t.equal(agent.processes.length, 2, 'what is told meanwhile waits too')
  await clock.advance(1)
  t.strictSame(process.sent.map(({ text, again }) => [text, again]), [['one', undefined], ['one', true]])
  process.reply('at last')
  await turns()
  process.reply('me too')
  await turns()
  agent.processes[2]!.reply('and me')
  await turns()
  t.strictSame([first, second, late].map(({ tellId }) => tells.get(tellId).response), ['at last', 'me too', 'and me'])
  t.strictSame(cache.read(first.sessionId, 0, 100).entries.filter(({ type }) => type === 'user').length, 2, 'each is on record once')
  t.match(cache.read(first.sessionId, 0, 100).entries.find(({ data }) => (data as { subtype?: string }).subtype === 'rate_limited'), { tellId: first.tellId, data: { until } })
  t.equal(tells.hold('echo'), undefined)
  t.equal(viewTeam('echo', undefined, services).limitedUntil, undefined)
  t.same(errors, [])
})

t.test('a turn that had begun is not run again: it fails, and says until when', async t => {
  for (const deed of [{ type: 'delta', text: 'x' }, { type: 'text', text: 'x' }, { type: 'tool', callId: 'c', running: true }] as const) {
    const { services: { tells }, agent, clock } = wire(t)
    const { tellId } = await tells.start(tell('one'))
    await turns()
    agent.processes[0]!.say({ ...deed, tellId })
    const until = clock.now() + 60_000
    refuse(agent.processes[0]!, until)
    await turns()
    t.match(tells.get(tellId), { state: 'failed', error: { error: 'AgentError', message: /not run again by itself/, details: { reason: 'rate_limited', until } } })
    await clock.advance(120_000)
    t.equal(agent.processes[0]!.sent.length, 1)
  }
})

t.test('a limit that lasts too long fails its tells at once, those that come meanwhile too', async t => {
  const { services: { tells }, agent, clock } = wire(t, { settings: { limitWait: 10_000 } })
  const first = await tells.start(tell('one'))
  await turns()
  const until = clock.now() + 10_001
  refuse(agent.processes[0]!, until)
  await turns()
  const second = await tells.start(tell('two'))
  await turns()
  for (const { tellId } of [first, second]) t.match(tells.get(tellId), { state: 'failed', error: { message: /settings\.limitWait/, details: { reason: 'rate_limited', until } } })
  t.equal(agent.processes[0]!.sent.length, 1)
})

t.test('where the service does not say until when, it is tried later and later, and not for ever', async t => {
  const { services: { tells }, agent, clock } = wire(t, { settings: { limitWait: 300_000 } })
  const { tellId } = await tells.start(tell('one'))
  await turns()
  const waits: number[] = []
  for (let before = clock.now(); tells.get(tellId).state !== 'failed'; before = clock.now()) {
    refuse(agent.processes[0]!)
    await turns()
    const { until } = tells.hold('echo')!
    if (tells.get(tellId).state === 'failed') break
    waits.push(until - before)
    await clock.advance(until - before)
  }
  t.strictSame(waits, [30_000, 60_000, 120_000], 'the next would end beyond 300 s')
})

t.test('a tell that waits for a limit can be cancelled, and nothing of it runs', async t => {
  const { services: { tells }, agent, clock } = wire(t)
  const { tellId } = await tells.start(tell('one'))
  await turns()
  refuse(agent.processes[0]!, clock.now() + 60_000)
  await turns()
  t.equal(await tells.cancel(tellId, 'by the test'), true)
  t.match(tells.get(tellId), { state: 'cancelled' })
  await clock.advance(120_000)
  t.equal(agent.processes[0]!.sent.length, 1)
})

t.test('a tell that waits for a limit survives a restart, and is sent as one that may be known', async t => {
  const home = scratch(t)
  const before = wire(t, { home })
  const { tellId } = await before.services.tells.start(tell('one'))
  await turns()
  refuse(before.agent.processes[0]!, before.clock.now() + 60_000)
  await turns()
  const waiting = before.services.tells.wait(tellId, 0, never)
  const closed = before.services.close()
  await before.clock.advance(1)
  await closed
  t.equal((await waiting).how, 'stopped')
  const after = wire(t, { home })
  after.services.tells.recover()()
  await turns()
  t.match(after.agent.processes[0]!.sent, [{ tellId, text: 'one', again: true }])
  t.equal(after.agent.processes[0]!.start.resume, true)
  after.agent.processes[0]!.reply('there')
  await turns()
  t.match(after.services.tells.get(tellId), { state: 'completed', response: 'there' })
})

t.test('a login that is refused fails at once and says what to do', async t => {
  const { services: { tells }, agent } = wire(t)
  const { tellId } = await tells.start(tell('one'))
  await turns()
  agent.processes[0]!.say({ type: 'ended', tellId, outcome: 'failed', error: 'Not logged in', trouble: { reason: 'auth_required', fix: 'Log in.' } })
  await turns()
  t.match(tells.get(tellId), { state: 'failed', error: { error: 'AgentError', message: /Not logged in\. Log in\./, details: { reason: 'auth_required', fix: 'Log in.' } } })
  t.equal(tells.hold('echo'), undefined)
})
