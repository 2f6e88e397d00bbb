import t from 'tap'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEcho } from '../../src/agent/echo.ts'
import { sweepOwner } from '../../src/agent/sweep.ts'
import { systemClock } from '../../src/clock.ts'
import { alive, dead, createEar, living, scratch, startOf, TAPS_OWN } from './ear.ts'

const linux = process.platform === 'linux'
const options = { clock: systemClock, owner: randomUUID() }
const echo = createEcho(options)
const env = (more: Record<string, string>) => ({ env: { PATH: process.env.PATH ?? '', ...more } })

t.test('Echo answers in chunks that are its text', async t => {
  const { process, tell } = await living(t, echo, scratch(t))
  t.match(process.version, /^echo/)
  t.ok(alive(process.pid))
  const { end, answer, chunks, events, tellId } = await tell('hello')
  t.match(end, { outcome: 'completed', usage: { inputTokens: 5, outputTokens: 11, turns: 1 } })
  t.strictSame(answer, ['echo: hello'])
  t.strictSame(chunks, answer)
  t.ok(events.filter(event => event.type === 'delta').length > 1)
  t.ok(events.every(event => !('tellId' in event) || event.tellId === tellId))
  t.strictSame(events.flatMap(event => event.type === 'message' ? [event.kind] : []), ['system', 'assistant', 'result'])
})

t.test('What it says is whole, whatever it is', async t => {
  const { tell } = await living(t, echo, scratch(t))
  for (const text of ['Grüße \u2028 漢字 \u{1F468}\u200D\u{1F469} "\\"\n{"type":"user"}\r\n', '/clear', '!unicode', '!big 200000', '!slow 7 1 in seven pieces', '!blocks', '!thinking']) {
    const { end, answer, chunks } = await tell(text)
    t.equal(end.outcome, 'completed')
    t.strictSame(chunks, answer)
    if (!text.startsWith('!')) t.equal(answer[0]?.replace(' /clear', '/clear'), `echo: ${text}`)
  }
  t.strictSame((await tell('!blocks')).answer, ['echo: first', 'echo: second', 'echo: third'])
  t.strictSame((await tell('!thinking')).answer, ['echo: thought over'], 'a thought is no answer')
  t.equal((await tell('!big 200000')).answer[0]?.length, 200000)
})

t.test('A passage that it begins again voids the chunks before', async t => {
  const { tell } = await living(t, echo, scratch(t))
  const { answer, chunks, events } = await tell('!restart')
  t.strictSame(answer, ['echo: said again'])
  t.strictSame(chunks, answer)
  t.equal(events.filter(event => event.type === 'restart').length, 1)
})

t.test('An interrupt ends the turn and not the process', async t => {
  const { ear, process, tell } = await living(t, echo, scratch(t))
  for (const text of ['!hang', '!slow 1000 50 words and words', '!tool 100000']) {
    void ear.until(text === '!tool 100000' ? 'tool' : 'delta').then(() => { process.interrupt() })
    const cut = await tell(text)
    t.equal(cut.end.outcome, 'interrupted', text)
    t.equal(cut.events.filter(event => event.type === 'tool').length % 2, 0, 'no tool is left running')
    t.strictSame((await tell('next')).answer, ['echo: next'])
  }
})

t.test('What it says after it was interrupted belongs to the tell that was', async t => {
  const { ear, process, tell } = await living(t, echo, scratch(t))
  void ear.until('delta').then(() => { process.interrupt() })
  const cut = await tell('!late')
  const next = await tell('next')
  t.strictSame(next.answer, ['echo: next'])
  const late = ear.events.filter(event => event.type === 'text' && event.text === 'echo: too late')
  t.match(late, [{ tellId: cut.tellId }])
})

t.test('A turn that nobody asked for belongs to nobody', async t => {
  const { ear, tell } = await living(t, echo, scratch(t))
  const asked = await tell('!unasked')
  const next = await tell('next')
  t.strictSame(asked.answer, ['echo: asked'])
  t.strictSame(next.answer, ['echo: next'])
  t.strictSame(ear.events.flatMap(event => event.type === 'text' && event.tellId === null ? [event.text] : []), ['echo: unasked'])
  t.strictSame(ear.events.flatMap(event => event.type === 'ended' ? [event.tellId] : []), [asked.tellId, null, next.tellId])
})

t.test('A failed turn is no answer', async t => {
  const { tell } = await living(t, echo, scratch(t))
  const failed = await tell('!fail the roof fell in')
  t.match(failed.end, { outcome: 'failed', error: 'the roof fell in' })
  t.strictSame(failed.answer, [])
  t.match((await tell('!limit')).end, { outcome: 'limit' })
  t.equal((await tell('next')).end.outcome, 'completed')
})

t.test('It tells when its model service does not answer, and whether waiting helps', async t => {
  const { tell } = await living(t, echo, scratch(t))
  const retries = async (text: string) => (await tell(text)).events.filter(event => event.type === 'retry')
  t.match(await retries('!retry 2 529'), [{ attempt: 1, auth: false }, { attempt: 2, auth: false, delayMs: 10, reason: 'overloaded (529)' }])
  t.match(await retries('!retry 1 401'), [{ auth: true }])
})

t.test('It writes what it is allowed to, and not what it is denied', async t => {
  const cwd = scratch(t)
  const { ear, process, tell } = await living(t, echo, cwd)
  const decide = async (text: string, behavior: 'allow' | 'deny') => {
    const asked = ear.until('ask').then(ask => {
      t.match(ask, { tool: 'Write', input: { content: 'hello' } })
      process.answer(ask.requestId, behavior === 'allow' ? { behavior, input: ask.input } : { behavior, message: 'not here' })
    })
    const [told] = await Promise.all([tell(text), asked])
    return told
  }
  t.strictSame((await decide('!ask Write {"file_path":"a.txt","content":"hello"}', 'allow')).answer, ['echo: allowed: Write'])
  t.equal(readFileSync(join(cwd, 'a.txt'), 'utf8'), 'hello')
  t.strictSame((await decide('!ask Write {"file_path":"b.txt","content":"hello"}', 'deny')).answer, ['echo: denied: not here'])
  t.notOk(existsSync(join(cwd, 'b.txt')))
})

t.test('A question is taken back when its turn is interrupted', async t => {
  const { ear, process, tell } = await living(t, echo, scratch(t))
  const asked = ear.until('ask').then(ask => {
    process.interrupt()
    return ask.requestId
  })
  const { end, events } = await tell('!ask Write {"file_path":"a.txt"}')
  t.equal(end.outcome, 'interrupted')
  t.match(events.filter(event => event.type === 'unask'), [{ requestId: await asked }])
})

t.test('A crash is told within a second, with code and last words', async t => {
  const { ear, process } = await living(t, echo, scratch(t))
  const begun = performance.now()
  process.send(randomUUID(), { text: '!crash 3' })
  const { exit } = await ear.until('exit')
  t.ok(performance.now() - begun < 1000)
  t.match(exit, { code: 3, signal: null, stderr: /told to crash/, expected: false })
  t.equal(ear.events.at(-1)?.type, 'exit')
  t.throws(() => { process.send(randomUUID(), { text: 'hello?' }) }, { name: 'AgentError' })
  process.interrupt()
  process.answer('none', { behavior: 'deny', message: '' })
  t.match(await process.stop(), { code: 3, expected: false })
})

t.test('Many that are killed at once, in the middle of anything, each say so and harm nobody', async t => {
  const exits = await Promise.all(Array.from({ length: 12 }, async (_, n) => {
    const { ear, process: agent } = await living(t, echo, scratch(t))
    agent.send(randomUUID(), { text: n % 2 ? '!big 300000' : 'x'.repeat(900_000) })
    if (n % 3 > 0) await ear.until('delta')
    process.kill(agent.pid, 'SIGKILL')
    agent.interrupt()
    return (await ear.until('exit')).exit
  }))
  t.strictSame(exits.map(({ signal, expected }) => ({ signal, expected })), exits.map(() => ({ signal: 'SIGKILL', expected: false })))
})

t.test('A start that fails says why within a second', async t => {
  const cwd = scratch(t)
  const begun = performance.now()
  await t.rejects(echo.start(startOf(cwd, createEar(), env({ ECHO_FAIL_START: '1' }))),
    { name: 'AgentError', message: /exit code 1 .*ECHO_FAIL_START/, details: { exitCode: 1, signal: null, stderr: /ECHO_FAIL_START/ } })
  await t.rejects(echo.start(startOf(cwd, createEar(), { command: 'iris-no-such-program' })), { name: 'AgentError', message: /not found/ })
  t.ok(performance.now() - begun < 1000)
})

t.test('A start that is given up leaves no process', async t => {
  const giveUp = new AbortController()
  const owner = randomUUID()
  const start = startOf(scratch(t), createEar(), { ...env({ ECHO_DELAY_START: '100000' }), signal: giveUp.signal })
  const starting = createEcho({ ...options, owner }).start(start)
  setImmediate(() => { giveUp.abort() })
  await t.rejects(starting, { name: 'AgentError', message: /given up/ })
  t.strictSame(await sweepOwner(owner), [])
  await t.rejects(echo.start(start), { name: 'AgentError', message: /given up/ })
  const again = await living(t, echo, start.cwd, { conversation: start.conversation })
  t.ok(again.process.pid, 'its conversation is free again')
})

t.test('A conversation is resumed by another process, with its memory and its costs', async t => {
  const cwd = scratch(t)
  const agent = createEcho({ ...options, home: join(cwd, 'home') })
  const first = await living(t, agent, cwd)
  t.strictSame((await first.tell('!history')).answer, ['echo: 0 before, the last: none'])
  const before = (await first.tell('remember me')).end
  await first.process.stop()
  const { conversation } = first.start
  const second = await living(t, agent, cwd, { conversation, resume: true, costSoFar: before.costTotal! })
  const { answer, end } = await second.tell('!history')
  t.strictSame(answer, ['echo: 2 before, the last: remember me'])
  t.equal(end.usage?.costUsd, before.usage?.costUsd, 'a turn costs what it costs')
  t.equal(end.costTotal, before.costTotal! * 1.5)
})

t.test('A conversation that is unknown, in use, or there already is told apart', async t => {
  const cwd = scratch(t)
  const agent = createEcho({ ...options, home: join(cwd, 'home') })
  const fails = (more: object, details: object) => t.rejects(agent.start(startOf(cwd, createEar(), more)), { name: 'AgentError', details })
  await fails({ resume: true }, { exitCode: 1, conversation: 'unknown' })
  const first = await living(t, agent, cwd)
  await first.tell('hello')
  const { conversation } = first.start
  await fails({ conversation, resume: true }, { conversation: 'open' })
  await first.process.stop()
  await fails({ conversation }, { exitCode: 1, conversation: 'exists' })
  await living(t, agent, cwd, { conversation, resume: true })
})

t.test('A conversation is forked beside the living process of its source', async t => {
  const cwd = scratch(t)
  const agent = createEcho({ ...options, home: join(cwd, 'home') })
  const source = await living(t, agent, cwd)
  const { end } = await source.tell('one')
  await source.tell('two')
  const fork = source.start.conversation
  const first = await living(t, agent, cwd, { fork, forkPlace: end.place!, costSoFar: end.costTotal! })
  const told = await first.tell('!history')
  t.strictSame(told.answer, ['echo: 1 before, the last: one'], 'up to that place')
  t.equal(told.end.usage?.costUsd, end.usage?.costUsd, 'a turn costs what it costs')
  t.strictSame((await source.tell('!history')).answer, ['echo: 2 before, the last: two'])
  const all = await living(t, agent, cwd, { fork })
  t.strictSame((await all.tell('!history')).answer, ['echo: 3 before, the last: !history'], 'without a place, all of it')

  const { conversation } = first.start
  await first.process.stop()
  const fails = (more: object, expected: object) => t.rejects(agent.start(startOf(cwd, createEar(), more)), { name: 'AgentError', ...expected })
  await fails({ fork, conversation }, { details: { conversation: 'exists' } })
  await fails({ fork: randomUUID() }, { details: { conversation: 'unknown' } })
  await fails({ fork, forkPlace: randomUUID() }, { message: /No message found/ })
  const again = await living(t, agent, cwd, { fork, conversation, resume: true })
  t.strictSame((await again.tell('!history')).answer, ['echo: 2 before, the last: !history'])
})

t.test('A killed process leaves its conversation to the next', async t => {
  const cwd = scratch(t)
  const agent = createEcho({ ...options, home: join(cwd, 'home') })
  const first = await living(t, agent, cwd)
  await first.tell('hello')
  first.process.send(randomUUID(), { text: '!hang' })
  await first.ear.until('delta')
  process.kill(first.process.pid, 'SIGKILL')
  t.match((await first.ear.until('exit')).exit, { signal: 'SIGKILL', expected: false })
  const second = await living(t, agent, cwd, { conversation: first.start.conversation, resume: true })
  t.strictSame((await second.tell('!history')).answer, ['echo: 2 before, the last: !hang'])
})

t.test('A clean exit of its own is an exit all the same', async t => {
  const { ear, process } = await living(t, echo, scratch(t))
  const tellId = randomUUID()
  process.send(tellId, { text: '!exit' })
  t.match(await ear.until('ended'), { tellId, outcome: 'completed' })
  t.match((await ear.until('exit')).exit, { code: 0, expected: false })
})

t.test('One that does not listen is ended all the same', async t => {
  const [stubborn, silent] = await Promise.all([living(t, echo, scratch(t)), living(t, echo, scratch(t))])
  await stubborn.tell('!stubborn')
  silent.process.send(randomUUID(), { text: '!silent' })
  silent.process.interrupt()
  const exits = await Promise.all([stubborn.process.stop(), silent.process.stop()])
  t.match(exits, [{ signal: 'SIGKILL', expected: true }, { expected: true }])
  t.notOk(alive(stubborn.process.pid) || alive(silent.process.pid))
  t.notOk(silent.ear.events.some(event => event.type === 'ended'))
})

t.test('What it leaves behind in another process group dies with it', { skip: !linux }, async t => {
  const { ear, process: agent, tell } = await living(t, echo, scratch(t))
  const [answer] = (await tell('!orphan')).answer
  const orphan = Number(answer?.slice('echo: '.length))
  t.ok(alive(orphan))
  process.kill(agent.pid, 'SIGKILL')
  await ear.until('exit')
  await dead(orphan)
  t.notOk(alive(orphan))
})

t.test('Its environment is what it is given', async t => {
  const { tell } = await living(t, echo, scratch(t), { env: { ONE: '1', TWO: '2' } })
  const names = (await tell('!env')).answer.join().split(' ').filter(name => !TAPS_OWN.test(name))
  t.strictSame(names, ['echo:', 'IRIS_CHILD', 'IRIS_OWNER', 'ONE', 'TWO'])
})

t.test('Every run of a turn is logged where it is told to', async t => {
  const cwd = scratch(t)
  const log = join(cwd, 'log')
  const { process, tell } = await living(t, echo, cwd, env({ ECHO_LOG: log }))
  const ids = [(await tell('one')).tellId, (await tell('!fail')).tellId]
  t.equal(readFileSync(log, 'utf8'), ids.map(id => `${id} ${process.pid}\n`).join(''))
})

t.test('Two messages at once are refused by the process, not lost in it', async t => {
  const { process } = await living(t, echo, scratch(t))
  process.send(randomUUID(), { text: '!hang' })
  t.throws(() => { process.send(randomUUID(), { text: 'too' }) }, /has not ended/)
})
