import { isolation, claudeEnvironment } from './isolation.ts'
import t, { type Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClaude } from '../../src/agent/claude.ts'
import type { Start } from '../../src/agent/agent.ts'
import { systemClock } from '../../src/clock.ts'
import { living, scratch, startOf, createEar } from '../agent/ear.ts'
import { said, script, startModelStub } from '../fixtures/model-stub.ts'
import { CLAUDE, PINNED, VERSION } from './install.ts'

const missing = !existsSync(CLAUDE)
if (missing && process.env.REQUIRE_REAL_AGENTS === '1') t.fail(`The real Claude Code is required and is not at ${CLAUDE}`)
t.comment(`isolation: ${isolation}`)
t.setTimeout(300_000)

const claude = createClaude({ clock: systemClock, owner: randomUUID() })
const skip = missing ? `Claude Code ${VERSION} is not installed: node dist/test/claude/install.js` : false

/** A stub model, a team's directory, and how to start a real Claude Code that knows only these. */
async function lab (t: Test) {
  const stub = await startModelStub()
  t.teardown(stub.close)
  const root = scratch(t)
  const cwd = join(root, 'project')
  mkdirSync(cwd)
  const settings = { command: CLAUDE, env: claudeEnvironment(root, stub.port), model: 'claude-sonnet-4-5' }
  return { stub, cwd, settings, wake: (more: Partial<Start> = {}) => living(t, claude, cwd, { ...settings, ...more }) }
}

t.test('The real Claude Code', { skip, timeout: 300_000 }, async t => {
  t.test('is ready without a call to its model, and streams an answer whose chunks are its text', async t => {
    const { stub, wake } = await lab(t)
    const { process, tell } = await wake()
    t.equal(stub.requests.length, 0)
    const text = 'Grüße, 世界 \u{1F30D}, and the rest'
    const { end, answer, chunks, events, tellId } = await tell(script([{ say: text, chunks: 9 }]))
    t.equal(end.outcome, 'completed')
    t.match(process.version, PINNED ? VERSION : /^\d+\.\d+\.\d+$/)
    t.strictSame(answer, [text])
    t.strictSame(chunks, [text])
    t.ok(events.filter(event => event.type === 'delta').length >= 5, 'it came in pieces')
    t.ok(events.every(event => !('tellId' in event) || event.tellId === tellId), 'all of it belongs to the tell')
    t.strictSame(events.flatMap(event => event.type === 'message' ? [event.kind] : []), ['system', 'assistant', 'result'])
  })

  t.test('keeps every text block, and says when a tool runs', async t => {
    const { cwd, wake } = await lab(t)
    const { ear, process, tell } = await wake()
    const input = { file_path: join(cwd, 'made.txt'), content: 'by the real one' }
    const asked = ear.until('ask').then(ask => {
      t.notOk(existsSync(input.file_path), 'nothing is written before the answer')
      process.answer(ask.requestId, { behavior: 'allow', input: ask.input })
      return ask
    })
    const told = await tellWith(asked, () => tell(script([{ think: 'hm', say: 'I write.', use: 'Write', input }, { say: 'Written.' }])))
    t.match(await asked, { tellId: told.tellId, tool: 'Write', input })
    t.equal(readFileSync(input.file_path, 'utf8'), 'by the real one')
    t.strictSame(told.answer, ['I write.', 'Written.'])
    t.strictSame(told.chunks, told.answer)
    t.strictSame(told.events.flatMap(event => event.type === 'tool' ? [event.running] : []), [true, false])
    t.equal(told.end.usage?.turns, 2)
  })

  t.test('does not do what it is denied, and hears why', async t => {
    const { stub, cwd, wake } = await lab(t)
    const { ear, process, tell } = await wake()
    const input = { file_path: join(cwd, 'made.txt'), content: 'never' }
    const asked = ear.until('ask').then(ask => { process.answer(ask.requestId, { behavior: 'deny', message: 'not in this house' }) })
    const { end } = await tellWith(asked, () => tell(script([{ use: 'Write', input }, { say: 'So be it.' }])))
    t.equal(end.outcome, 'completed')
    t.notOk(existsSync(input.file_path))
    t.match(said(stub.requests.at(-1)), /not in this house/)
  })

  t.test('takes an edited input in the place of its own', async t => {
    const { cwd, wake } = await lab(t)
    const { ear, process, tell } = await wake()
    const input = { file_path: join(cwd, 'made.txt'), content: 'its own' }
    const asked = ear.until('ask').then(ask => { process.answer(ask.requestId, { behavior: 'allow', input: { ...ask.input, content: 'edited' } }) })
    await tellWith(asked, () => tell(script([{ use: 'Write', input }, { say: 'Done.' }])))
    t.equal(readFileSync(input.file_path, 'utf8'), 'edited')
  })

  t.test('is interrupted in the middle of a stream, and answers the next message', async t => {
    const { wake } = await lab(t)
    const { ear, process, tell } = await wake()
    const begun = ear.until('delta').then(() => { process.interrupt() })
    const cut = await tellWith(begun, () => tell(script([{ say: 'x'.repeat(600), chunks: 600, pause: 100 }])))
    t.equal(cut.end.outcome, 'interrupted')
    t.ok(cut.answer.join('').length < 600)
    t.strictSame(cut.chunks, cut.answer, 'what was said so far is kept')
    const next = await tell('and now?')
    t.equal(next.end.outcome, 'completed')
    t.strictSame(next.answer, ['stub: and now?'])
  })

  t.test('drops a message that is interrupted before its turn', async t => {
    const { stub, wake } = await lab(t)
    const { ear, process, tell } = await wake()
    const tellId = randomUUID()
    process.send(tellId, { text: 'never mind' })
    process.interrupt()
    t.match(await ear.until('ended'), { tellId, outcome: 'interrupted' })
    t.strictSame((await tell('next')).answer, ['stub: next'])
    t.equal(stub.requests.length, 1)
  })

  t.test('takes its question back when it is interrupted', async t => {
    const { cwd, wake } = await lab(t)
    const { ear, process, tell } = await wake()
    const asked = ear.until('ask').then(ask => {
      process.interrupt()
      return ask.requestId
    })
    const { end, events } = await tellWith(asked, () => tell(script([{ use: 'Write', input: { file_path: join(cwd, 'a'), content: '' } }])))
    t.equal(end.outcome, 'interrupted')
    const requestId = await asked
    t.ok(events.some(event => event.type === 'unask' && event.requestId === requestId))
  })

  const late = !PINNED && 'older versions write their transcript later'
  t.test('resumes with its conversation whole after it was killed in the middle of a turn', { skip: late }, async t => {
    const { stub, wake } = await lab(t)
    const first = await wake()
    await first.tell('remember the number 4711')
    first.process.send(randomUUID(), { text: script([{ say: 'y'.repeat(600), chunks: 600, pause: 100 }]) })
    await first.ear.until('delta')
    process.kill(first.process.pid, 'SIGKILL')
    t.match((await first.ear.until('exit')).exit, { code: null, signal: 'SIGKILL', expected: false })
    const { conversation } = first.start
    const second = await wake({ conversation, resume: true })
    t.strictSame((await second.tell('which number?')).answer, ['stub: which number?'])
    t.match(said(stub.requests.at(-1)), /4711.*which number/)
  })

  t.test('has on its record how a turn ended that nobody heard the end of', { skip: late }, async t => {
    const { cwd, settings: { env }, wake } = await lab(t)
    const { ear, start: { conversation }, process: agent, tell } = await wake()
    const of = (tellId: string) => claude.record!({ cwd, env, conversation, costSoFar: 0, tellId })
    const input = { file_path: join(cwd, 'made.txt'), content: 'x' }
    const asked = ear.until('ask').then(ask => { agent.answer(ask.requestId, { behavior: 'allow', input: ask.input }) })
    const whole = await tellWith(asked, () => tell(script([{ think: 'hm', say: 'I write.', use: 'Write', input }, { say: 'Written.' }])))
    const { costUsd: _, ...usage } = whole.end.usage!
    t.strictSame(await of(whole.tellId), { state: 'complete', text: 'I write.\n\nWritten.', usage, place: whole.end.place })
    const failed = await tell(script([{ status: 400, message: 'no' }]))
    t.strictSame(await of(failed.tellId), { state: 'partial', text: '' })

    const killed = randomUUID()
    agent.send(killed, { text: script([{ say: 'Before.', use: 'Bash', input: { command: 'echo hi', description: 'x' } }, { say: 'y'.repeat(600), chunks: 600, pause: 100 }]) })
    await ear.until('delta', ({ text }) => text.includes('y'))
    while ((await of(killed)).state === 'none') await delay(20) // it writes its record in its own time
    process.kill(agent.pid, 'SIGKILL')
    await ear.until('exit')
    t.strictSame(await of(killed), { state: 'partial', text: 'Before.' })
    const second = await wake({ conversation, resume: true })
    await second.tell('and on')
    t.strictSame(await of(killed), { state: 'partial', text: 'Before.' }, 'what the program says at a resume is not of the turn')
    t.match(await of(whole.tellId), { state: 'complete', text: 'I write.\n\nWritten.' })
    t.strictSame(await of(randomUUID()), { state: 'none' })
  })

  t.test('says what each turn used, not what all of them did', async t => {
    const { wake } = await lab(t)
    const first = await wake()
    const ends = [(await first.tell('one')).end, (await first.tell('two')).end]
    await first.process.stop()
    const { conversation } = first.start
    const second = await wake({ conversation, resume: true, costSoFar: ends[1]!.costTotal! })
    ends.push((await second.tell('six')).end)
    for (const { usage } of ends) {
      t.match(usage, { inputTokens: 100, cacheReadTokens: 20, cacheWriteTokens: 10, turns: 1 })
      t.ok(usage!.outputTokens > 0)
      t.ok(Math.abs(usage!.costUsd! - ends[0]!.costTotal!) < 1e-9, 'every turn costs what the first did')
    }
    t.ok(ends[0]!.costTotal! > 0)
    if (PINNED) t.ok(Math.abs(ends[2]!.costTotal! - 3 * ends[0]!.costTotal!) < 1e-9, 'the total goes on over a resume')
  })

  t.test('fails the turn on an error of its model service, and answers the next message', async t => {
    const { wake } = await lab(t)
    const { tell } = await wake()
    const { end, answer } = await tell(script([{ status: 400, message: 'the stub does not like it' }]))
    t.match(end, { outcome: 'failed', error: /the stub does not like it/, details: { apiErrorStatus: 400 } })
    t.strictSame(answer, [], 'an error is no answer')
    t.equal((await tell('again')).end.outcome, 'completed')
  })

  t.test('says at the first refusal of its key that waiting will not help', async t => {
    const { ear, tell } = await (await lab(t)).wake()
    const retry = ear.until('retry')
    const { end, tellId } = await tellWith(retry, () => tell(script([{ status: 401, message: 'who are you' }])))
    t.match(await retry, { tellId, attempt: 1, auth: true, reason: /authentication_failed/ })
    t.equal(end.outcome, 'failed')
  })

  t.test('says again what broke off half way, and its chunks are still its text', async t => {
    const { wake } = await lab(t)
    const { tell } = await wake()
    const text = 'abcdefghijklmnopqrstuvwxyz'
    const { answer, events } = await tell(script([{ say: text, cut: true, chunks: 8 }]))
    t.strictSame(answer, [text])
    if (PINNED) t.ok(events.some(event => event.type === 'restart'))
    const from = events.findLastIndex(event => event.type === 'restart' || event.type === 'text')
    t.ok(events.slice(from).every(event => event.type !== 'delta' || text.startsWith(event.text)), 'nothing of the first attempt follows')
  })

  t.test('works in the background for nobody', async t => {
    const { cwd, wake } = await lab(t)
    const { ear, process, tell } = await wake()
    const input = { command: `sleep 0.3; echo done > ${join(cwd, 'late.txt')}`, description: 'later', run_in_background: true }
    const asked = ear.until('ask').then(ask => { process.answer(ask.requestId, { behavior: 'allow', input: ask.input }) })
    const { answer } = await tellWith(asked, () => tell(script([{ use: 'Bash', input }, { say: 'Begun.' }, { say: 'It ended.' }])))
    t.strictSame(answer, ['Begun.'])
    t.match(await ear.until('text'), { tellId: null, text: PINNED ? 'It ended.' : String })
    t.match(await ear.until('ended'), { tellId: null, outcome: 'completed' })
    t.equal(readFileSync(join(cwd, 'late.txt'), 'utf8'), 'done\n')
    t.strictSame((await tell('still there?')).answer, ['stub: still there?'])
  })

  t.test('is told, not commanded, by a text that begins with a slash', async t => {
    const { stub, wake } = await lab(t)
    const { tell } = await wake()
    await tell('remember the number 4711')
    t.strictSame((await tell('/clear')).answer, ['stub: /clear'])
    t.match(said(stub.requests.at(-1)), /4711/)
  })

  t.test('does not start on a conversation that it does not know, or that another has', async t => {
    const { cwd, settings, wake } = await lab(t)
    const unknown = startOf(cwd, createEar(), { ...settings, resume: true })
    await t.rejects(claude.start(unknown), { name: 'AgentError', details: { exitCode: 1, conversation: 'unknown' } })
    const first = await wake()
    await first.tell('hello')
    const { conversation } = first.start
    await t.rejects(claude.start(startOf(cwd, createEar(), { ...settings, conversation, resume: true })), { name: 'AgentError', details: { conversation: 'open' } })
    await first.process.stop()
    await t.rejects(claude.start(startOf(cwd, createEar(), { ...settings, conversation })), { name: 'AgentError', details: { conversation: 'exists' } })
  })

  t.test('ends within seconds though it waits for its model', async t => {
    const { wake } = await lab(t)
    const { ear, process } = await wake()
    process.send(randomUUID(), { text: script([{ say: 'and then', hang: true }]) })
    await ear.until('delta')
    t.match(await process.stop(), { code: 143, expected: true })
    t.equal(ear.events.at(-1)?.type, 'exit')
  })
})

/** Tell, while something else watches: where that fails, the test fails with it and not by its timeout. */
async function tellWith<T> (watching: Promise<unknown>, tell: () => Promise<T>): Promise<T> {
  const told = tell()
  await watching
  return told
}
