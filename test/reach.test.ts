import t from 'tap'
import { AgentError } from '../src/errors.ts'
import { untilReached } from '../src/reach.ts'
import { createTestClock, turns } from './fixtures/test-clock.ts'
import { wire } from './fixtures/wired.ts'

const away = (retryAfter: number) => new AgentError('out of reach', { details: { reason: 'unreachable', retryAfter } })

t.test('It is tried again as soon as it may be, until it is reached', async t => {
  const clock = createTestClock()
  const at: number[] = []
  const reached = untilReached(async () => {
    at.push(clock.elapsed() - 1_000_000)
    if (at.length < 4) throw away(2 ** (at.length - 1))
    return 'there'
  }, { clock, patience: 10_000, signal: new AbortController().signal })
  await clock.advance(60_000)
  t.equal(await reached, 'there')
  t.strictSame(at, [0, 1000, 3000, 7000])
})

t.test('It is not waited for longer than a start may take, and no timer is left', async t => {
  const clock = createTestClock()
  let tries = 0
  const reached = untilReached(async () => { tries++; throw away(4) }, { clock, patience: 10_000, signal: new AbortController().signal })
  reached.catch(() => {})
  await clock.advance(8000)
  await t.rejects(reached, { message: 'out of reach' })
  t.equal(tries, 3)
  t.equal(clock.timers, 0)
})

t.test('What waiting does not help is told at once', async t => {
  const clock = createTestClock()
  for (const err of [new AgentError('no key', { details: { reason: 'auth', retryAfter: 1 } }), new AgentError('crashed'), new Error('ours')]) {
    await t.rejects(untilReached(async () => { throw err }, { clock, patience: 10_000, signal: new AbortController().signal }), err)
  }
})

t.test('A cancelled wait ends at once', async t => {
  const clock = createTestClock()
  const cancel = new AbortController()
  const reached = untilReached(async () => { throw away(4) }, { clock, patience: 10_000, signal: cancel.signal })
  reached.catch(() => {})
  await turns()
  cancel.abort(new Error('cancelled'))
  await t.rejects(reached, { message: 'cancelled' })
  t.equal(clock.timers, 0)
})

t.test('A tell outlives a short outage of its host, a cancelled one does not, and a wake is told at once', async t => {
  let up = false
  const { services, clock, agent } = wire(t, { script: { onStart () { if (!up) throw away(2) }, onSend: (process, text) => { process.reply(`re: ${text}`) } } })
  const tell = async (message: string) => (await services.tells.start({ from: 'someone', to: 'echo', message, caller: 'x' })).tellId
  const first = await tell('one')
  const second = await tell('two')
  await clock.advance(3000)
  t.match([first, second].map(id => services.tells.get(id).state), ['queued', 'queued'])
  t.match(services.tells.count(), { running: 0, queued: 2 })
  await services.tells.cancel(first, 'enough')
  t.equal(services.tells.get(first).state, 'cancelled')
  up = true
  await clock.advance(3000)
  t.match(services.tells.get(second), { state: 'completed', response: 're: two' })
  t.equal(agent.processes.at(-1)!.sent.length, 1)
})

t.test('A tell whose agent was cut off fails with what broke, and the session says so; the next one is sent to a new process', async t => {
  const { services, clock, agent } = wire(t)
  const tell = (message: string) => services.tells.start({ from: 'someone', to: 'echo', message, caller: 'x' })
  const { tellId, sessionId } = await tell('one')
  await clock.advance(10)
  agent.processes[0]!.die({ code: 255, disconnected: 'the connection to devbox broke: Broken pipe' })
  await clock.advance(10)
  t.match(services.tells.get(tellId), { state: 'failed', error: { error: 'AgentError', message: 'The way to the agent broke during the turn: the connection to devbox broke: Broken pipe', details: { reason: 'disconnected', exitCode: 255 } } })
  t.match(services.pool.state(services.sessions.get(sessionId)), { state: 'asleep', reason: /Broken pipe/ })
  await tell('two')
  await clock.advance(10)
  t.match(agent.processes[1]!.start, { resume: true, conversation: agent.processes[0]!.start.conversation })
})
