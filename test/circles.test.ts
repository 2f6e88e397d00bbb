import { setMaxListeners } from 'node:events'
import t, { type Test } from 'tap'
import { teamTell } from '../src/tools/team-tell.ts'
import type { Call } from '../src/tool.ts'
import { never, run } from './fixtures/running.ts'
import { listen } from './fixtures/socket-client.ts'
import { turns } from './fixtures/test-clock.ts'
import { transports } from './fixtures/transports.ts'
import { wire } from './fixtures/wired.ts'

setMaxListeners(0, never)
const caller = { name: 'k', self: 'k', permissions: new Set(['admin'] as const), teams: null, as: null }

/** Teams a to d, whose agents answer nothing until told. */
async function world (t: Test, settings: { maxDepth?: number } = {}) {
  const wired = wire(t, { settings, teams: { a: {}, b: {}, c: {}, d: {} } })
  const { services, agent } = wired
  const call: Call = { ...services, caller, signal: never, emit () {}, charge () {} }
  const processOf = (from: string, to: string) => agent.processes.find(({ start, alive }) => alive && start.sessionId === services.sessions.find(from, to)?.id)!
  const tell = (fromTeam: string, toTeam: string, timeout = 0) => teamTell.run({ fromTeam, toTeam, timeout, message: `${fromTeam} to ${toTeam}` }, call)
  return {
    ...wired,
    tell,
    /** Sent, and its agent is in its turn. */
    async ask (from: string, to: string, timeout = 0) {
      const asked = tell(from, to, timeout)
      asked.catch(() => {})
      await turns()
      return { asked, reply: (text: string) => { processOf(from, to).reply(text) } }
    },
    tellOf: (from: string, to: string) => services.tells.list({ sessionId: services.sessions.find(from, to)!.id }, { limit: 1 }).rows[0]!
  }
}

const deadlock = (...circle: string[]) => ({ name: 'DeadlockError', statusCode: 409, message: new RegExp(circle.join(' → ')), details: { circle } })

t.test('a circle of two, three or one is refused at once and named; the others go on', async t => {
  const { ask, tell, tellOf } = await world(t)
  const first = await ask('user', 'a')
  await t.rejects(tell('a', 'a'), deadlock('a', 'a'))
  const second = await ask('a', 'b')
  await t.rejects(tell('b', 'a'), deadlock('a', 'b', 'a'))
  await t.rejects(tell('b', 'b'), deadlock('b', 'b'))
  const third = await ask('b', 'c')
  await t.rejects(tell('c', 'a'), deadlock('a', 'b', 'c', 'a'))
  await t.rejects(tell('c', 'b', 60_000), deadlock('b', 'c', 'b'))
  const [one, two, three] = [tellOf('user', 'a'), tellOf('a', 'b'), tellOf('b', 'c')]
  t.same([one.depth, two.depth, three.depth], [0, 1, 2])
  t.same([one.parentId, two.parentId, three.parentId], [undefined, one.tellId, two.tellId])
  for (const [{ asked, reply }, text] of [[third, 'c'], [second, 'b'], [first, 'a']] as const) {
    reply(text)
    t.match(await asked, { response: text })
  }
})

t.test('who does not wait closes no circle', async t => {
  const one = await world(t)
  await one.ask('user', 'a')
  await one.ask('a', 'b')
  t.match(await one.tell('b', 'a', -1), { async: true }, 'the new one does not wait')

  const two = await world(t)
  const { reply, asked } = await two.ask('user', 'a')
  await two.ask('a', 'b', -1)
  await two.ask('b', 'a')
  t.equal(two.tellOf('b', 'a').depth, 2, 'the old one does not wait')
  reply('done')
  await asked
  await t.rejects(two.tell('a', 'b'), deadlock('b', 'a', 'b'), 'but this one does, and stands behind the one that waits for it')

  const three = await world(t)
  await three.ask('user', 'a')
  const { asked: impatient } = await three.ask('a', 'b', 500)
  await three.clock.advance(500)
  await t.rejects(impatient, { name: 'TellTimeoutError' })
  await three.ask('b', 'a')
  t.equal(three.tellOf('b', 'a').depth, 2, 'the old one waits no more')
})

t.test('of two turns of a team that send in one turn of the event loop, one that is known to wait leaves the other', async t => {
  const { services: { tells }, ask, tellOf } = await world(t)
  await ask('one', 'a')
  await ask('two', 'a')
  const said = { from: 'a', message: 'x', caller: 'k', waits: true }
  await Promise.all([tells.start({ ...said, to: 'b', session: tellOf('one', 'a').sessionId }), tells.start({ ...said, to: 'c' })])
  t.same([tellOf('a', 'b').parentId, tellOf('a', 'c').parentId], [tellOf('one', 'a').tellId, tellOf('two', 'a').tellId])
})

t.test('a name is no turn: who speaks as a team from outside closes no circle', async t => {
  const { ask, tellOf } = await world(t)
  await ask('a', 'b')
  await ask('b', 'a')
  t.match([tellOf('a', 'b').depth, tellOf('b', 'a').depth], [0, 1], 'no agent of a is in a turn that waits')
  await ask('c', 'c')
  t.equal(tellOf('c', 'c').depth, 0)
})

t.test('only an agent that is in its turn sends: not one that wakes, nor one whose turn is over', async t => {
  const { services, agent, ask, tell, tellOf } = await world(t)
  const woken = tell('user', 'a')
  woken.catch(() => {})
  await ask('a', 'b')
  t.equal(tellOf('a', 'b').depth, 0)

  await ask('a', 'c')
  t.equal(tellOf('a', 'c').parentId, tellOf('user', 'a').tellId)
  const cancelled = services.tells.cancel(tellOf('user', 'a').tellId, 'by test')
  agent.processes[0]!.say({ type: 'ended', tellId: tellOf('user', 'a').tellId, outcome: 'interrupted' })
  await cancelled
  await ask('c', 'a')
  t.equal(tellOf('c', 'a').depth, 2, 'nobody in a waits any more, though the call does')
})

t.test('where two turns may have sent it, only what is a circle by both is refused', async t => {
  const { ask, tell, tellOf } = await world(t)
  await ask('user', 'a')
  await ask('a', 'b')
  await ask('other', 'b')
  await ask('b', 'a')
  t.match(tellOf('b', 'a'), { depth: 1 }, 'it may be of the turn that nobody in a waits for')
  t.equal(tellOf('b', 'a').parentId, undefined, 'so no parent is claimed')
  await t.rejects(tell('a', 'b'), deadlock('b', 'a', 'b'), 'the turn of a that waits already is not the one that asks; the other is, and b waits for it')
  await t.rejects(tell('a', 'a'), deadlock('a', 'a'))
})

t.test('the chain of tells is no deeper than settings.maxDepth, waited for or not', async t => {
  const { ask, tell, tellOf } = await world(t, { maxDepth: 2 })
  await ask('user', 'a')
  await ask('a', 'b', -1)
  await ask('b', 'c', -1)
  t.equal(tellOf('b', 'c').depth, 2)
  await t.rejects(tell('c', 'd', -1), { name: 'DeadlockError', statusCode: 409, message: /settings\.maxDepth/, details: { depth: 3, maxDepth: 2 } })
})

t.test('over every transport the same error comes, where a wait would have no end', async t => {
  const server = await run(t, { teams: { a: {}, b: {} } })
  const client = await listen(t, server)
  for (const [fromTeam, toTeam] of [['user', 'a'], ['a', 'b']]) {
    client.send('tell:start', { fromTeam, toTeam, message: '!hang', timeout: 0 }, toTeam)
    await client.event('tell:chunk', toTeam)
  }
  for (const [name, connect] of Object.entries(transports)) {
    const { call, close } = await connect(server.url, server.key)
    const began = performance.now()
    t.match(await call('team_tell', { fromTeam: 'b', toTeam: 'a', message: 'hello', timeout: 0 }), { ok: false, body: { error: 'DeadlockError', statusCode: 409, message: /a → b → a/, details: { circle: ['a', 'b', 'a'] } } }, name)
    t.ok(performance.now() - began < 1_000)
    await close()
  }
  t.same(server.errors, [])
})
