import t from 'tap'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { lab } from './acp-lab.ts'
import { alive, dead } from './ear.ts'

t.test('A passage ends where a tool call, a thought or another message begins', async t => {
  const { tell } = await lab(t).wake()
  const { answer, chunks, events, tellId } = await tell('!blocks')
  t.strictSame(answer, ['echo: first', 'echo: second', 'echo: third'])
  t.strictSame(chunks, answer)
  t.match(events.flatMap(event => event.type === 'message' ? [[event.kind, event.data]] : []), [
    ['assistant', { sessionUpdate: 'agent_message_chunk', content: { text: 'echo: first' } }],
    ['assistant', { sessionUpdate: 'tool_call', rawInput: { ms: 0 } }],
    ['tool', { status: 'completed', rawInput: { ms: 0 }, rawOutput: 'done' }],
    ['assistant', { content: { text: 'echo: second' } }],
    ['assistant', { sessionUpdate: 'agent_thought_chunk', content: { text: 'hm' } }],
    ['assistant', { content: { text: 'echo: third' } }],
    ['result', { stopReason: 'end_turn' }]
  ])
  t.strictSame(events.flatMap(event => event.type === 'tool' ? [event.running] : []), [true, false])
  t.ok(events.every(event => !('tellId' in event) || event.tellId === tellId))
})

t.test('A tool that is cut off runs no more', async t => {
  const { ear, process, tell } = await lab(t).wake()
  void ear.until('tool').then(() => { process.interrupt() })
  const { end, events } = await tell('!tool 100000')
  t.equal(end.outcome, 'interrupted')
  t.strictSame(events.flatMap(event => event.type === 'tool' ? [event.running] : []), [true, false])
})

t.test('It says how the turn ended, and what to do where that is known', async t => {
  const { tell } = await lab(t).wake()
  const end = async (text: string) => (await tell(text)).end
  t.match(await end('!stop max_tokens'), { outcome: 'limit', error: /max_tokens/ })
  t.match(await end('!stop max_turn_requests'), { outcome: 'limit', error: /max_turn_requests/ })
  t.match(await end('!stop refusal'), { outcome: 'failed', error: /refuses/ })
  t.match(await end('!stop cancelled'), { outcome: 'failed', error: /by itself/ }, 'nobody asked for that')
  t.match(await end('!stop of_tomorrow'), { outcome: 'failed', error: /does not know \(of_tomorrow\)/ })
  t.match(await end('!error -32603 the roof fell in'), { outcome: 'failed', error: 'the roof fell in', details: { code: -32603 } })
  t.match(await end('!error -32000 Authentication required'), { outcome: 'failed', error: /not logged in .*Log in by its own program/, details: { reason: 'auth_required' } })
  t.match(await end('!error 401 who are you'), { outcome: 'failed', error: /not logged in .*who are you/ })
  t.equal((await end('hello')).outcome, 'completed')
})

t.test('A word of the program\'s own is no answer, and without one it is why there is none', async t => {
  const { tell } = await lab(t, 'claude-acp').wake()
  const both = await tell('!notice and a warning')
  t.strictSame(both.answer, ['echo: and'])
  t.equal(both.end.outcome, 'completed')
  t.match(both.events.flatMap(event => event.type === 'message' && event.kind === 'system' ? [event.data] : []), [{ content: { text: 'and a warning' } }])
  const alone = await tell('!notice {"error":{"message":"no credit"}}')
  t.strictSame(alone.answer, [])
  t.match(alone.end, { outcome: 'failed', error: 'no credit' })
  t.equal((await tell('hello')).end.outcome, 'completed')
})

t.test('A turn costs what the running total grows by', async t => {
  const { wake } = lab(t)
  const { tell } = await wake({ costSoFar: 0.25 })
  t.match((await tell('!cost 0.75')).end, { costTotal: 0.75, usage: { inputTokens: 10, outputTokens: 2, cacheReadTokens: 1, cacheWriteTokens: 0, costUsd: 0.5 } })
  t.match((await tell('hello')).end, { costTotal: 0.75, usage: { costUsd: 0 } })
  t.match((await tell('!cost 0.5')).end, { costTotal: 0.5, usage: { costUsd: 0.5 } }, 'a total that shrinks has been begun again')
})

t.test('What is no message, and what nobody knows, is passed over', async t => {
  const { tell } = await lab(t, 'acp', { PEER_MODES: 'option' }).wake()
  const { answer, events } = await tell('!garbage')
  t.strictSame(answer, ['echo: still here'])
  t.ok(events.some(event => event.type === 'message' && event.kind === 'system' && /not_understood/.test(JSON.stringify(event.data))), 'but for what should have been understood')
})

t.test('What it says after it was interrupted belongs to the tell that was', async t => {
  const { ear, process, tell } = await lab(t).wake()
  void ear.until('delta').then(() => { process.interrupt() })
  const cut = await tell('!late')
  t.equal(cut.end.outcome, 'interrupted')
  await ear.until('message', ({ kind }) => kind === 'system')
  const next = await tell('next')
  t.strictSame(next.answer, ['echo: next'])
  t.ok(ear.events.every(event => !('tellId' in event) || event.tellId !== null), 'and nothing to nobody')
  const late = ear.events.filter(event => event.type === 'message' && /"(echo: too| late)"/.test(JSON.stringify(event.data)))
  t.match(late, [{ tellId: cut.tellId }, { tellId: cut.tellId }])
})

t.test('A question that is decided by the end of its turn is cancelled', async t => {
  const { ear, process, tell } = await lab(t).wake()
  void ear.until('ask').then(({ requestId }) => {
    process.answer(requestId, { behavior: 'deny', message: 'it was withdrawn' })
    process.interrupt()
  })
  const { end, answer } = await tell('!ask Write {"file_path":"a.txt"}')
  t.equal(end.outcome, 'interrupted')
  t.strictSame(answer, [], 'it goes on with nothing')
})

t.test('A message whose place cannot be kept, as on a full disk, is not sent, and the next one is', async t => {
  const { cwd, wake } = lab(t)
  const conversation = randomUUID()
  const { process, tell } = await wake({ conversation })
  await tell('first')
  const inTheWay = join(cwd, 'kept', `${conversation}.json.new`)
  mkdirSync(inTheWay)
  t.throws(() => { process.send(randomUUID(), { text: 'lost' }) }, { name: 'AgentError', message: /cannot be written to .*kept: / })
  rmdirSync(inTheWay)
  const { answer, end } = await tell('!history')
  t.equal(end.place, '2')
  t.notMatch(answer, [/lost/])
})

t.test('It has no file system of Iris\'s', async t => {
  const { tell } = await lab(t).wake()
  t.strictSame((await tell('!files')).answer, ['echo: -32601'])
})

t.test('It is allowed once and never more', async t => {
  const { cwd, wake } = lab(t)
  const ask = async (env: Record<string, string>) => {
    const { ear, process, tell } = await wake({ env: { PATH: '', ...env } })
    void ear.until('ask').then(({ requestId, input }) => { process.answer(requestId, { behavior: 'allow', input }) })
    return (await tell('!ask Write {"file_path":"a.txt","content":"x"}')).answer
  }
  t.strictSame(await ask({ PEER_LACKS: 'once' }), ['echo: no'])
  t.notOk(existsSync(join(cwd, 'a.txt')))
  t.strictSame(await ask({}), ['echo: once'])
})

t.test('A crash is told with code and last words, and what it left behind dies with it', { skip: process.platform !== 'linux' }, async t => {
  const { ear, process, tell } = await lab(t).wake()
  const orphan = Number((await tell('!orphan')).answer[0]?.slice('echo: '.length))
  t.ok(alive(orphan))
  process.send(randomUUID(), { text: '!crash 3' })
  t.match((await ear.until('exit')).exit, { code: 3, signal: null, stderr: /told to crash/, expected: false })
  t.notOk(ear.events.some(event => event.type === 'ended' && event.outcome !== 'completed'), 'the exit says it all')
  await dead(orphan)
  t.notOk(alive(orphan))
})

t.test('Many that are killed at once, in the middle of anything, each say so and harm nobody', async t => {
  const { wake } = lab(t)
  const exits = await Promise.all(Array.from({ length: 6 }, async (_, n) => {
    const { ear, process: agent } = await wake()
    agent.send(randomUUID(), { text: n % 2 ? `!slow 5000 0 ${'x'.repeat(300_000)}` : 'x'.repeat(900_000) })
    if (n % 3 > 0) await ear.until('delta')
    process.kill(agent.pid, 'SIGKILL')
    agent.interrupt()
    return (await ear.until('exit')).exit
  }))
  t.strictSame(exits.map(({ signal, expected }) => ({ signal, expected })), exits.map(() => ({ signal: 'SIGKILL', expected: false })))
})
