import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { KeyGrant } from '../schemas/key.ts'
import type { Session } from '../schemas/session.ts'
import { AgentError } from '../src/errors.ts'
import type { Wiring } from '../src/services.ts'
import type { Call } from '../src/tool.ts'
import { sessionFork } from '../src/tools/session-fork.ts'
import { never, run } from './fixtures/running.ts'
import { turns } from './fixtures/test-clock.ts'
import { wire } from './fixtures/wired.ts'

const callOf = (services: Wiring, { permissions = ['wake'], teams, as }: Partial<KeyGrant> = {}): Call => ({
  ...services,
  caller: { name: 'key', self: 'key', permissions: new Set(permissions), teams: teams ? new Set(teams) : null, as: as ? new Set(as) : null },
  signal: never,
  emit () {},
  charge () {}
})

const fork = async (services: Wiring, sessionId: string, as?: string, grant?: Partial<KeyGrant>) =>
  (await sessionFork.run({ sessionId, ...(as !== undefined && { as }) }, callOf(services, grant))).session as Session

/** Tells the echo agent and gives what it answered. */
async function told (services: Wiring, from: string, message: string) {
  const { tellId } = await services.tells.start({ from, to: 'echo', message, caller: 'key' })
  await services.tells.wait(tellId, 0, never)
  return services.tells.get(tellId)
}

t.test('a fork shares the history so far, then both go their own ways', async t => {
  const server = await run(t)
  const { services } = server
  const { sessionId } = await told(services, 'a', 'one')
  await told(services, 'a', 'two')
  const head = services.log.head()
  const forked = await fork(services, sessionId)
  t.match(forked, { from: 'a-fork-1', to: 'echo', forkedFrom: sessionId, state: 'asleep', reason: 'forked', current: true, queued: 0 })
  t.match(services.cache.read(forked.sessionId, 0, 10).entries, [{ type: 'system', data: { subtype: 'forked', forkedFrom: sessionId, from: 'a', seq: head } }])

  t.equal((await told(services, 'a', 'three')).response, 'echo: three', 'the source goes on before the fork begins')
  const { sessionId: same, response } = await told(services, 'a-fork-1', '!history')
  t.equal(same, forked.sessionId)
  t.equal(response, 'echo: 2 before, the last: two', 'what came after the fork is not shared')
  t.equal((await told(services, 'a', '!history')).response, 'echo: 3 before, the last: three', 'the source is as it was')

  await services.pool.sleep(forked.sessionId, 'by the test')
  t.equal((await told(services, 'a-fork-1', '!history')).response, 'echo: 3 before, the last: !history', 'it resumes its own conversation')
  t.equal((await told(services, 'a', '!history')).response, 'echo: 4 before, the last: !history')

  const second = await fork(services, sessionId)
  t.equal(second.from, 'a-fork-2', 'the next free name')
  const third = await fork(services, second.sessionId, 'c')
  t.equal((await told(services, 'c', '!history')).response, 'echo: 5 before, the last: !history', 'a fork of a fork that was told nothing yet')
  t.match(third, { from: 'c', forkedFrom: second.sessionId })
  t.same(server.errors, [])
})

t.test('turns that were not completed are not shared, whatever there is before them', async t => {
  const { services } = await run(t)
  const none = (from: string) => fork(services, services.sessions.find(from, 'echo')!.id, 'z')
  const refused = { name: 'SessionBusyError', statusCode: 409, message: 'This session has no history to share: no turn of it was completed' }
  t.match(await told(services, 'failed', '!fail'), { state: 'failed' })
  await t.rejects(none('failed'), refused)
  t.match(await told(services, 'crashed', '!crash 3'), { state: 'failed' })
  await t.rejects(none('crashed'), refused)

  const { sessionId } = await told(services, 'a', 'one')
  await told(services, 'a', '!fail')
  const { sessionId: forkId } = await fork(services, sessionId, 'b')
  t.match(await told(services, 'b', '!fail'), { state: 'failed' })
  t.match(await fork(services, forkId, 'c'), { forkedFrom: forkId })
  t.equal((await told(services, 'c', '!history')).response, 'echo: 1 before, the last: one', 'a fork that has completed nothing of its own shares what it was forked from')
})

t.test('a fork that was not begun survives a restart and a reset or deletion of its source', async t => {
  const first = await run(t)
  const { sessionId } = await told(first.services, 'a', 'one')
  const { sessionId: forkId } = await fork(first.services, sessionId, 'b')
  await first.close()
  const { services } = await run(t, { home: first.home, key: first.key })
  services.sessions.remove(sessionId)
  const answer = await told(services, 'b', '!history')
  t.match(answer, { sessionId: forkId, response: 'echo: 1 before, the last: one' })
})

t.test('what cannot be forked is refused in clear words', async t => {
  const { services, agent } = wire(t, { script: { onSend: (process, text) => { if (text !== 'wait') process.reply(`re: ${text}`) } } })
  const empty = services.sessions.open('nobody', 'echo')
  await t.rejects(fork(services, empty.id), { name: 'SessionBusyError', statusCode: 409, message: /no history to share/ })
  await t.rejects(fork(services, randomUUID()), { name: 'SessionNotFoundError' })

  const { sessionId } = await told(services, 'a', 'one')
  const { sessionId: other } = await told(services, 'b', 'one')
  await t.rejects(fork(services, sessionId, 'b'), { name: 'SessionBusyError', message: /'b' has a conversation with 'echo' already/, details: { sessionId: other } })
  await t.rejects(fork(services, sessionId, 'a'), { name: 'SessionBusyError' }, 'as itself')

  await services.tells.start({ from: 'a', to: 'echo', message: 'wait', caller: 'key' })
  await turns()
  await t.rejects(fork(services, sessionId, 'c'), { name: 'SessionBusyError', message: /busy/ })
  agent.processes[0]!.reply('now')
  await turns()
  agent.processes[0]!.say({ type: 'activity' })
  t.match(await fork(services, sessionId, 'c'), { from: 'c' })
  t.match(await fork(services, services.sessions.open('x'.repeat(64), 'echo').id, 'd').catch(err => err), { statusCode: 409 })
})

t.test('a key forks only what it may hear, and only as who it may speak as', async t => {
  const { services } = wire(t, { script: { onSend: process => { process.reply('re') } } })
  const { sessionId } = await told(services, 'a', 'one')
  const refused = { name: 'ForbiddenError' }
  await t.rejects(fork(services, sessionId, 'b', { as: ['b'] }), refused, 'it may not speak as the source\'s speaker, so not have it told')
  await t.rejects(fork(services, sessionId, 'b', { as: ['a'] }), refused)
  await t.rejects(fork(services, sessionId, undefined, { as: ['a'] }), refused, 'nor by the name that is chosen for it')
  await t.rejects(fork(services, sessionId, 'b', { teams: ['other'] }), refused)
  await t.rejects(fork(services, sessionId, 'b', { permissions: ['tell', 'status'] }), refused)
  t.equal(services.sessions.count(), 1)
  t.ok(await fork(services, sessionId, 'b', { as: ['a', 'b'] }))
  t.ok(await fork(services, sessionId, 'c', { as: ['c'], permissions: ['wake', 'cache:read'] }), 'one that may read it anyway')
})

t.test('the agent is told what to fork until the fork has a conversation of its own', async t => {
  const { services, agent } = wire(t, {
    script: {
      onSend: (process, text) => {
        const { tellId } = process.sent.at(-1)!
        if (text !== 'die') process.say({ type: 'ended', tellId, outcome: 'completed', place: `after ${text}` })
      }
    }
  })
  const { sessionId } = await told(services, 'a', 'one')
  const source = services.sessions.get(sessionId)
  const { sessionId: forkId } = await fork(services, sessionId, 'b')
  await told(services, 'a', 'two')
  t.match(services.sessions.get(sessionId), { place: 'after two' })

  const starts = () => agent.processes.filter(({ start }) => start.sessionId === forkId).map(({ start }) => start)
  services.pool.release(await services.pool.acquire(services.sessions.get(forkId), {}))
  await services.pool.sleep(forkId, 'before its first turn')
  await told(services, 'b', 'three')
  await services.pool.sleep(forkId, 'after its first turn')
  await told(services, 'b', 'four')
  const { conversation } = services.sessions.get(forkId)
  t.not(conversation, source.conversation)
  const shared = { conversation, fork: source.conversation, forkPlace: 'after one' }
  t.match(starts(), [{ ...shared, resume: false }, { ...shared, resume: false }, { conversation, resume: true }])
})

t.test('a source that the agent does not know any more is an error, not a fresh conversation', async t => {
  const gone = new Set<string>()
  const { services, agent } = wire(t, {
    script: {
      onStart ({ fork, resume, conversation }) {
        if (gone.has(resume ? conversation : fork ?? '')) throw new AgentError('No conversation found', { details: { conversation: 'unknown', exitCode: 1 } })
      },
      onSend: process => { process.reply('re') }
    }
  })
  const { sessionId } = await told(services, 'a', 'one')
  const { sessionId: forkId } = await fork(services, sessionId, 'b')
  gone.add(services.sessions.get(sessionId).conversation)
  t.match(await told(services, 'b', 'hello'), { state: 'failed', error: { error: 'AgentError', statusCode: 502, message: /no record any more of the conversation that this session was forked from/ } })
  const { conversation } = services.sessions.get(forkId)
  t.match(await told(services, 'b', 'hello'), { state: 'failed' }, 'and stays one')
  t.equal(agent.processes.filter(({ start }) => start.sessionId === forkId).length, 2, 'each time it is tried once')

  gone.clear()
  t.match(await told(services, 'b', 'hello'), { state: 'completed' })
  await services.pool.sleep(forkId, 'by the test')
  gone.add(conversation)
  t.match(await told(services, 'b', 'again'), { state: 'completed' }, 'one that lost its own begins again with what it shared')
  const { start } = agent.processes.at(-1)!
  t.match(start, { resume: false, fork: services.sessions.get(sessionId).conversation })
  t.not(start.conversation, conversation)
  t.ok(services.cache.read(forkId, 0, 100).entries.some(({ data }) => (data as { subtype?: string }).subtype === 'conversation_lost'))
})
