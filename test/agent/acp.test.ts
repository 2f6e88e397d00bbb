import t, { type Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KINDS } from '../../src/agent/kinds.ts'
import type { Start } from '../../src/agent/agent.ts'
import { systemClock } from '../../src/clock.ts'
import { alive, createEar, living, scratch, startOf, TAPS_OWN } from './ear.ts'

const peer = fileURLToPath(new URL('../fixtures/acp-peer.js', import.meta.url))

/** The scripted peer, run as one of the kinds. */
function lab (t: Test, kind = 'acp', env: Record<string, string> = {}) {
  const cwd = scratch(t)
  const agent = KINDS.get(kind)!.create({ clock: systemClock, owner: randomUUID(), home: join(cwd, 'kept') })
  const settings = { command: process.execPath, args: [peer], env: { PATH: process.env.PATH ?? '', PEER_HOME: join(cwd, 'peer'), ...env } }
  return {
    cwd,
    wake: (more: Partial<Start> = {}) => living(t, agent, cwd, { ...settings, ...more }),
    fails: (message: RegExp, more: Partial<Start> = {}, details: object | undefined = undefined) =>
      t.rejects(agent.start(startOf(cwd, createEar(), { ...settings, ...more })), { name: 'AgentError', message, ...(details && { details }) })
  }
}

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
  await ear.until('activity')
  const next = await tell('next')
  t.strictSame(next.answer, ['echo: next'])
  t.ok(ear.events.every(event => event.type !== 'text' || event.text !== 'echo: too late' || event.tellId === cut.tellId))
  t.ok(ear.events.every(event => !('tellId' in event) || event.tellId !== null), 'and nothing to nobody')
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

t.test('It works in the mode that asks, or in none', async t => {
  const which = async (kind: string, more: Partial<Start>, env: Record<string, string> = {}) => {
    const { tell } = await lab(t, kind, env).wake(more)
    return (await tell('!which')).answer[0]
  }
  t.equal(await which('acp', {}), 'echo: default small')
  t.equal(await which('acp', {}, { PEER_MODE: 'auto' }), 'echo: default small', 'one that acts unasked is turned away from')
  t.equal(await which('acp', { mode: 'auto' }), 'echo: auto small', 'unless it is wanted')
  t.equal(await which('claude-acp', {}, { PEER_MODE: 'auto' }), 'echo: default small')
  t.equal(await which('claude-acp', {}, { PEER_MODE: 'auto', PEER_MODES: 'option' }), 'echo: default small')
  await lab(t, 'acp', { PEER_MODES: 'option' }).fails(/could not be given the mode 'plan': it took 'default'/, { mode: 'plan' })
  await lab(t, 'codex').fails(/no mode 'read-only'. It offers default, plan, auto/)
  await lab(t, 'claude-acp', { PEER_LACKS: 'modes' }).fails(/does not let its mode be chosen/)
  await lab(t).fails(/no mode 'yolo'. It offers default, plan, auto/, { mode: 'yolo' })
})

t.test('It is called back from a mode in which nobody is asked', async t => {
  for (const env of [{}, { PEER_MODES: 'option' }]) {
    const { tell } = await lab(t, 'acp', env).wake()
    await tell('!mode auto')
    t.strictSame((await tell('!which')).answer, ['echo: default small'])
    await tell('!mode plan')
    t.strictSame((await tell('!which')).answer, ['echo: plan small'], 'not from another')
  }
})

t.test('It takes the model that is wanted, or says which there are', async t => {
  const { wake, fails } = lab(t)
  const { tell } = await wake({ model: 'large' })
  t.strictSame((await tell('!which')).answer, ['echo: default large'])
  await fails(/no model 'huge'. It offers small, large/, { model: 'huge' })
  await lab(t, 'acp', { PEER_LACKS: 'models' }).fails(/does not let its model be chosen, so 'large'/, { model: 'large' })
})

t.test('One that wants a login gets it where it can be had, and is understood where not', async t => {
  const { fails } = lab(t, 'acp', { PEER_LOGIN: '1' })
  await fails(/not logged in .*Log in by its own program.* It knows these ways: A key/, {}, { reason: 'auth_required' })
  await lab(t, 'codex', { PEER_LOGIN: '1', OPENAI_API_KEY: 'k' }).fails(/not logged in .*codex login/)
})

t.test('What it cannot do is refused, and never done otherwise', async t => {
  const { wake, fails } = lab(t, 'acp', { PEER_LACKS: 'load,resume,fork' })
  const { start, process, tell } = await wake()
  t.strictSame(process.capabilities, { resume: false, fork: false })
  await tell('hello')
  const { conversation } = start
  await fails(/cannot fork/, { fork: conversation })
  await process.stop()
  await fails(/cannot go on with a conversation .*session_reset/, { conversation, resume: true })
  await lab(t, 'acp', { PEER_PROTOCOL: '2' }).fails(/version 2 .*Iris speaks 1/)
})

t.test('It is not forked where it does not stand any more', async t => {
  const { wake, fails } = lab(t)
  const { start, tell } = await wake()
  const { end } = await tell('one')
  await tell('two')
  await fails(/gone on since it was forked/, { fork: start.conversation, forkPlace: end.place! })
})

t.test('It can call Iris back where it can call at all', async t => {
  const { cwd, wake } = lab(t, 'acp', {})
  const file = join(cwd, 'servers')
  const servers = async (env: Record<string, string>) => {
    await wake({ env: { PATH: '', PEER_SERVERS: file, ...env }, access: { url: 'http://127.0.0.1:1', key: 'k' } })
    return JSON.parse(readFileSync(file, 'utf8')) as unknown
  }
  t.strictSame(await servers({}), [{ type: 'http', name: 'iris', url: 'http://127.0.0.1:1/mcp', headers: [{ name: 'Authorization', value: 'Bearer k' }] }])
  t.strictSame(await servers({ PEER_LACKS: 'http' }), [])
})

t.test('Its environment is what it is given, and what its kind adds', async t => {
  const names = async (kind: string) => {
    const { cwd, wake } = lab(t, kind)
    const command = join(cwd, 'program')
    writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${peer}\n`, { mode: 0o755 })
    const { tell } = await wake({ command, args: [] })
    return (await tell('!env')).answer.join().slice('echo: '.length).split(' ').filter(name => !TAPS_OWN.test(name) && name !== 'PWD')
  }
  t.strictSame(await names('acp'), ['IRIS_CHILD', 'IRIS_OWNER', 'PATH', 'PEER_HOME'])
  t.strictSame(await names('gemini'), ['GEMINI_CLI_NO_RELAUNCH', 'IRIS_CHILD', 'IRIS_OWNER', 'PATH', 'PEER_HOME'])
})

t.test('A crash is told with code and last words, and what it left behind dies with it', { skip: process.platform !== 'linux' }, async t => {
  const { ear, process, tell } = await lab(t).wake()
  const orphan = Number((await tell('!orphan')).answer[0]?.slice('echo: '.length))
  t.ok(alive(orphan))
  process.send(randomUUID(), { text: '!crash 3' })
  t.match((await ear.until('exit')).exit, { code: 3, signal: null, stderr: /told to crash/, expected: false })
  t.notOk(ear.events.some(event => event.type === 'ended' && event.outcome !== 'completed'), 'the exit says it all')
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
