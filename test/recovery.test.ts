import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Tell } from '../schemas/tell.ts'
import type { Agent, TurnRecord } from '../src/agent/agent.ts'
import { createServices } from '../src/services.ts'
import { ask, startProcess } from './fixtures/process.ts'
import { turns } from './fixtures/test-clock.ts'
import { makeConfig, scratch, wire } from './fixtures/wired.ts'

const never = new AbortController().signal
const tell = (message: string) => ({ from: 'a', to: 'echo', message, caller: 'key' })
const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 }

/** What two tells come to, the first of which ran when the server died; `record` is what the agent says of it afterwards. */
async function afterDeath (t: Test, record: Agent['record'] & {}, before: { heard?: string } = {}) {
  const home = scratch(t)
  const dead = wire(t, { home })
  const ran = await dead.services.tells.start(tell('ran'))
  const waited = await dead.services.tells.start(tell('waited'))
  await turns()
  if (before.heard !== undefined) dead.agent.processes[0]!.say({ type: 'delta', tellId: ran.tellId, text: before.heard })
  await dead.clock.advance(50)
  const live = wire(t, { home, script: { record, onSend: (process, text) => { queueMicrotask(() => { process.reply(`re: ${text}`) }) } } })
  const terminal: string[] = []
  const chunks: unknown[] = []
  live.services.log.subscribe('all', ({ event }) => { if (event.event === 'tell:error' || event.event === 'tell:complete') terminal.push(event.data.tellId) })
  live.services.log.subscribe('all', ({ event }) => { if (event.event === 'tell:chunk') chunks.push([event.data.tellId, event.data.offset, event.data.chunk]) })
  const recovered = live.services.tells.recover()()
  return {
    ...live,
    recovered,
    ids: [ran.tellId, waited.tellId] as const,
    terminal,
    chunks,
    session: () => live.services.sessions.get(ran.sessionId),
    async settle () {
      await recovered
      await live.services.tells.wait(waited.tellId, 0, never)
      t.match(live.services.tells.get(waited.tellId), { state: 'completed', response: 're: waited' })
      t.same(terminal, [ran.tellId, waited.tellId], 'one terminal event each, in order')
      t.same(live.agent.processes.flatMap(({ sent }) => sent.map(({ text }) => text)), ['waited'], 'nothing runs twice')
      t.same(live.errors, [])
      return live.services.tells.get(ran.tellId)
    }
  }
}

t.test('a tell that the agent has finished while the server died is completed, with the whole answer', async t => {
  const asked: Parameters<Agent['record'] & {}>[0][] = []
  const live = await afterDeath(t, async turn => {
    asked.push(turn)
    return { state: 'complete', text: 'the whole answer', usage, costTotal: 7, place: 'here' }
  }, { heard: 'the who' })
  const ran = await live.settle()
  t.match(ran, { state: 'completed', response: 'the whole answer', usage, endedAt: Number })
  t.notOk('error' in ran)
  t.same(live.chunks[0], [ran.tellId, 'the who'.length, 'le answer'], 'who has heard its beginning hears the rest, before its end')
  t.match(live.session(), { resumable: true, costSoFar: 7, place: 'here' })
  t.match(asked, [{ tellId: live.ids[0], conversation: live.session().conversation, cwd: live.home, costSoFar: 0 }])
  t.equal(live.agent.processes[0]!.start.resume, true, 'its conversation goes on')
  t.match(live.services.cache.read(ran.sessionId, 0, 100).entries.find(({ type }) => type === 'system'), { tellId: live.ids[0], data: { subtype: 'turn_recovered', text: 'the whole answer' } })
})

t.test('one that it has only begun is lost, with the longer of the two texts, and one that it does not know too', async t => {
  const cases: [TurnRecord, string | undefined, string, boolean][] = [
    [{ state: 'partial', text: 'more than that' }, 'more', 'more than that', true],
    [{ state: 'partial', text: 'less' }, 'more than that', 'more than that', true],
    [{ state: 'none' }, undefined, '', false]
  ]
  for (const [record, heard, response, resumes] of cases) {
    const live = await afterDeath(t, async () => record, heard === undefined ? {} : { heard })
    t.match(await live.settle(), { state: 'lost', response, error: { error: 'AgentError', details: { recorded: record.state } } })
    t.equal(live.agent.processes[0]!.start.resume, resumes)
  }
})

t.test('a record that cannot be read in time is none', async t => {
  const live = await afterDeath(t, () => new Promise(() => {}), { heard: 'half' })
  await turns()
  t.match(live.services.tells.get(live.ids[0]), { state: 'running', response: 'half' }, 'until it is known')
  t.same(live.agent.processes, [], 'the next waits for it')
  await live.clock.advance(15_000)
  t.match(await live.settle(), { state: 'lost', response: 'half', error: { details: { recorded: 'none' } } })
})

t.test('a record that fails is a fault of ours and the tell is lost; so is one whose team is gone', async t => {
  const live = await afterDeath(t, async () => { throw new Error('EIO') })
  t.match(live.errors.splice(0), [])
  await live.recovered
  t.match(live.services.tells.get(live.ids[0]), { state: 'lost', error: { details: { recorded: 'none' } } })
  t.match(live.errors, [{ message: 'EIO' }])

  const home = scratch(t)
  const dead = wire(t, { home })
  const { tellId } = await dead.services.tells.start(tell('ran'))
  await turns()
  const config = { ...makeConfig(home), teams: new Map() }
  const { tells, close } = createServices({ config, agents: () => dead.agent, onError: err => { t.fail(String(err)) } })
  t.teardown(close)
  await tells.recover()()
  t.match(tells.get(tellId), { state: 'lost', error: { details: { recorded: 'none' } } })
})

t.test('after a kill -9 a tell that its agent has finished meanwhile is completed, with its answer and what it used', async t => {
  const home = scratch(t)
  const before = await startProcess({ home })
  const { body: { tellId } } = await ask<Tell>(before, '/teams/tell', { toTeam: 'echo', fromTeam: 'tester', message: '!slow 4 150 one two three four five', timeout: -1 })
  while ((await ask<Tell>(before, `/tells/${tellId}`)).body.state !== 'running');
  before.child.kill('SIGSTOP') // the server hears no more; its agent works on
  const records = join(home, '.iris/echo')
  const written = () => existsSync(records) ? readdirSync(records).map(name => readFileSync(join(records, name), 'utf8')).join('') : ''
  while (!written().includes(`"turn":"${tellId}"`)) await turns()
  await before.end('SIGKILL')

  const after = await startProcess({ home })
  t.teardown(() => after.end())
  t.match((await ask(after, `/tells/${tellId}`)).body, { state: 'completed', response: 'one two three four five', usage: { outputTokens: 23, turns: 1, costUsd: 0.0009765625 } })
  t.match((await ask(after, '/teams/tell', { toTeam: 'echo', fromTeam: 'tester', message: '!history', timeout: 0 })).body, { response: 'echo: 1 before, the last: !slow 4 150 one two three four five', usage: { costUsd: 0.0009765625 } })
})
