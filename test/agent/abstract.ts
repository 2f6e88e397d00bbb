import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Agent, AgentOptions, Decision, Start } from '../../src/agent/agent.ts'
import { sweepOwner } from '../../src/agent/sweep.ts'
import { systemClock } from '../../src/clock.ts'
import { createEar, living, scratch, startOf } from './ear.ts'

/** A kind of agent, and what to say to the one under test so that it does what is tested. */
export interface Subject {
  /** `again`: for going on with conversations. */
  create (options: AgentOptions, again: boolean): Agent
  /** How it is started in a scratch directory, beside where and by whom. `again` as above. */
  start (t: Test, directory: string, again: boolean): Partial<Start> | Promise<Partial<Start>>
  /** Answers to a message without a script. */
  answerTo (message: string): string
  /** An answer in many pieces, of this text. */
  pieces (text: string): string
  /** A text that goes on for minutes, until it is interrupted. */
  endless: string
  /** Asks, then writes the file by a tool; `path` is absolute. */
  write (path: string, content: string): string
  /** What comes of a denial: the turn goes on, or ends as this. */
  denied: 'completed' | 'failed'
  /** Whether a question may be answered with another input. */
  edits: boolean
  /** Whether a conversation outlives a process, and one that is killed in the middle of a turn. */
  resumes: boolean
  forks: boolean
  /** What the agent has heard before this message, in one string. */
  heard (tell: (text: string) => Promise<{ answer: string[] }>): Promise<string>
}

/** What every kind of agent must do, whatever it speaks. */
export function agentSuite (t: Test, name: string, subject: Subject) {
  /** A kind of agent in a place of its own, and how to start it. */
  async function lab (t: Test) {
    const root = scratch(t)
    const cwd = join(root, 'project')
    mkdirSync(cwd)
    const owner = randomUUID()
    const options = { clock: systemClock, owner, home: join(root, 'kept') }
    const [agent, later] = [subject.create(options, false), subject.create(options, true)]
    const [settings, again] = [await subject.start(t, root, false), await subject.start(t, root, true)]
    const wake = (more: Partial<Start> = {}) => living(t, more.resume ? later : agent, cwd, { ...(more.resume ? again : settings), ...more })
    const fails = (more: Partial<Start>, expected: object) => t.rejects(agent.start(startOf(cwd, createEar(), { ...settings, ...more })), { name: 'AgentError', ...expected })
    return { cwd, wake, fails, left: () => sweepOwner(owner) }
  }

  t.test(`${name}: answers in pieces that are its text`, async t => {
    const { wake } = await lab(t)
    const { process, tell } = await wake()
    t.type(process.version, 'string')
    const text = 'Grüße, 世界 \u2028 \u{1F468}\u200D\u{1F469}, and the rest'
    const told = await tell(subject.pieces(text))
    t.equal(told.end.outcome, 'completed')
    t.match(told.answer.join(''), text)
    t.strictSame(told.chunks, told.answer)
    t.ok(told.events.filter(({ type }) => type === 'delta').length > 2, 'more than two pieces')
    t.ok(told.events.every(event => !('tellId' in event) || event.tellId === told.tellId), 'all of it belongs to the tell')
    const kinds = told.events.flatMap(event => event.type === 'message' ? [event.kind] : [])
    t.equal(kinds.at(-1), 'result')
    t.ok(kinds.includes('assistant'))
    t.strictSame((await tell('and on')).answer, [subject.answerTo('and on')])
    t.throws(() => {
      process.send(randomUUID(), { text: subject.endless })
      process.send(randomUUID(), { text: 'too' })
    }, /has not ended/, 'one at a time')
  })

  const decide = async (t: Test, decision: (input: Record<string, unknown>) => Decision) => {
    const { cwd, wake } = await lab(t)
    const { ear, process, tell } = await wake()
    const file = join(cwd, 'made.txt')
    const asked = ear.until('ask').then(ask => {
      t.notOk(existsSync(file), 'nothing is written before the answer')
      process.answer(ask.requestId, decision(ask.input))
      return ask
    })
    const [told, ask] = await Promise.all([tell(subject.write(file, 'by the agent')), asked])
    t.equal(ask.tellId, told.tellId)
    t.match(JSON.stringify(ask.input), /made\.txt/)
    t.ok(ask.tool)
    const calls = told.events.filter(event => event.type === 'tool')
    t.ok(calls.length === 0 || calls.length % 2 === 0, 'no call is left running')
    t.strictSame((await tell('next')).answer, [subject.answerTo('next')])
    return { told, file, ask }
  }

  t.test(`${name}: does what it is allowed`, async t => {
    const { told, file } = await decide(t, input => ({ behavior: 'allow', input }))
    t.equal(told.end.outcome, 'completed')
    t.equal(readFileSync(file, 'utf8').trim(), 'by the agent')
  })

  t.test(`${name}: does not do what it is denied`, async t => {
    const { told, file } = await decide(t, () => ({ behavior: 'deny', message: 'not in this house' }))
    t.equal(told.end.outcome, subject.denied)
    if (subject.denied === 'failed') t.match(told.end.error, /not in this house/)
    t.notOk(existsSync(file))
  })

  t.test(`${name}: takes another input than its own, or says that it does not and does nothing`, async t => {
    const edited = (input: Record<string, unknown>) => JSON.parse(JSON.stringify(input).replace('by the agent', 'edited').replace('made.txt', subject.edits ? 'made.txt' : 'other.txt')) as Record<string, unknown>
    const { file, ask } = await decide(t, input => ({ behavior: 'allow', input: edited(input) }))
    t.equal(ask.fixed === true, !subject.edits)
    if (subject.edits) t.equal(readFileSync(file, 'utf8').trim(), 'edited')
    else t.notOk(existsSync(file))
  })

  t.test(`${name}: is interrupted in the middle of a text and of a question, and answers the next message`, async t => {
    const { cwd, wake } = await lab(t)
    const { ear, process, tell } = await wake()
    process.interrupt()
    void ear.until('delta').then(() => { process.interrupt() })
    const cut = await tell(subject.endless)
    t.equal(cut.end.outcome, 'interrupted')
    t.strictSame(cut.chunks, cut.answer, 'what was said so far is kept')
    t.strictSame((await tell('next')).answer, [subject.answerTo('next')])
    const asked = ear.until('ask').then(ask => {
      process.interrupt()
      return ask.requestId
    })
    const { end, events } = await tell(subject.write(join(cwd, 'never.txt'), ''))
    t.equal(end.outcome, 'interrupted')
    const requestId = await asked
    t.ok(events.some(event => event.type === 'unask' && event.requestId === requestId), 'the question is over')
    process.answer(requestId, { behavior: 'deny', message: 'too late' })
    t.strictSame((await tell('and next')).answer, [subject.answerTo('and next')])
    t.notOk(existsSync(join(cwd, 'never.txt')))
  })

  t.test(`${name}: says that it was killed, and its conversation goes on`, async t => {
    const { wake, left } = await lab(t)
    const first = await wake()
    await first.tell('remember 4711')
    first.process.send(randomUUID(), { text: subject.endless })
    await first.ear.until('delta')
    process.kill(first.process.pid, 'SIGKILL')
    t.match((await first.ear.until('exit')).exit, { code: null, signal: 'SIGKILL', expected: false })
    t.equal(first.ear.events.at(-1)?.type, 'exit')
    t.throws(() => { first.process.send(randomUUID(), { text: 'hello?' }) }, { name: 'AgentError' })
    first.process.interrupt()
    t.match(await first.process.stop(), { signal: 'SIGKILL' })
    t.strictSame(await left(), [])
    const { conversation } = first.start
    if (!subject.resumes) return
    const second = await wake({ conversation, resume: true })
    t.match(await subject.heard(second.tell), /4711|endless/)
    t.strictSame((await second.tell('next')).answer, [subject.answerTo('next')])
  })

  t.test(`${name}: goes on with a conversation, and not with one that it does not know, that is open, or that is there already`, async t => {
    const { wake, fails } = await lab(t)
    await fails({ resume: true }, { details: { conversation: 'unknown' } })
    const first = await wake()
    await first.tell('remember 4711')
    const { conversation } = first.start
    await fails({ conversation, resume: true }, { details: { conversation: 'open' } })
    await first.process.stop()
    await fails({ conversation }, { details: { conversation: 'exists' } })
    if (!subject.resumes) return
    const second = await wake({ conversation, resume: true })
    t.notOk(second.ear.events.some(({ type }) => type === 'text' || type === 'message'), 'the past is not told again')
    t.match(await subject.heard(second.tell), /4711/)
  })

  t.test(`${name}: forks a conversation beside its living process, or says that it cannot`, async t => {
    const { wake, fails } = await lab(t)
    const source = await wake()
    const { end } = await source.tell('remember 4711')
    const fork = source.start.conversation
    await fails({ fork: randomUUID() }, { details: { conversation: 'unknown' } })
    if (!subject.forks) return await fails({ fork }, { message: /cannot fork/ })
    const forked = await wake({ fork, ...(end.place !== undefined && { forkPlace: end.place }) })
    t.match(await subject.heard(forked.tell), /4711/)
    await forked.tell('only in the fork')
    const { conversation } = forked.start
    await forked.process.stop()
    t.notMatch(await subject.heard(source.tell), /only in the fork/)
    const again = await wake({ fork, conversation, resume: true })
    t.match(await subject.heard(again.tell), /only in the fork/)
  })

  t.test(`${name}: keeps two conversations apart`, async t => {
    const { wake } = await lab(t)
    const [one, two] = await Promise.all([wake(), wake()])
    const told = await Promise.all([one.tell('the carmine one'), two.tell('the cerulean one')])
    t.strictSame(told.map(({ answer }) => answer), [[subject.answerTo('the carmine one')], [subject.answerTo('the cerulean one')]])
    t.match(await subject.heard(one.tell), /carmine/)
    t.notMatch(await subject.heard(two.tell), /carmine/)
  })

  t.test(`${name}: leaves nothing behind when it is stopped in the middle of a turn`, async t => {
    const { wake, left } = await lab(t)
    const { ear, process } = await wake()
    process.send(randomUUID(), { text: subject.endless })
    await ear.until('delta')
    t.match(await process.stop(), { expected: true })
    t.equal(ear.events.at(-1)?.type, 'exit')
    t.strictSame(await left(), [])
  })

  t.test(`${name}: says why it cannot be started`, async t => {
    const { cwd, fails, left } = await lab(t)
    const program = (name: string, script: string) => {
      writeFileSync(join(cwd, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
      return { command: join(cwd, name) }
    }
    const begun = performance.now()
    await fails({ command: 'iris-no-such-program' }, { message: /'iris-no-such-program' cannot be run .*not found/ })
    await fails(program('ends', 'echo out of luck >&2; exit 3'), { message: /exit code 3 .*out of luck/, details: { exitCode: 3, signal: null, stderr: 'out of luck\n' } })
    await fails(program('mirror', 'exec cat'), { message: /refused to begin/ })
    t.ok(performance.now() - begun < 5000, 'and soon')
    const giveUp = new AbortController()
    const starting = fails({ ...program('silent', 'echo Welcome; exec sleep 1000'), signal: giveUp.signal }, { message: /given up: not ready within 1 ms/ })
    setImmediate(() => { giveUp.abort(new Error('not ready within 1 ms')) })
    await starting
    t.strictSame(await left(), [])
  })
}
