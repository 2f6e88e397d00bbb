import { setMaxListeners } from 'node:events'
import t from 'tap'
import { applyChunks } from '../src/answer.ts'
import type { Call, Progress } from '../src/tool.ts'
import { teamTell } from '../src/tools/team-tell.ts'
import { type createScriptedAgent } from './fixtures/scripted-agent.ts'
import { turns } from './fixtures/test-clock.ts'
import { scratch, wire } from './fixtures/wired.ts'

const never = new AbortController().signal
setMaxListeners(0, never)
const echoes = { onSend: (process: Parameters<NonNullable<Parameters<typeof createScriptedAgent>[0] & {}>['onSend'] & {}>[0], text: string) => { queueMicrotask(() => { process.reply(`re: ${text}`) }) } }
const tell = (message: string, more: object = {}) => ({ from: 'a', to: 'echo', message, caller: 'key', ...more })

t.test('a tell is answered, recorded in order, and ends once', async t => {
  const { services: { tells, cache, log }, errors } = wire(t, { script: echoes })
  const events: string[] = []
  log.subscribe('all', ({ event }) => { events.push(event.event) })
  const { tellId, sessionId, state } = await tells.start(tell('hello'))
  t.equal(state, 'queued')
  await tells.wait(tellId, 0, never)
  t.match(tells.get(tellId), { state: 'completed', response: 're: hello', usage: { outputTokens: 2, costUsd: 0.5 }, duration: Number })
  t.same(cache.read(sessionId, 0, 10).entries.map(({ type, tellId }) => [type, tellId]), [['user', tellId], ['assistant', tellId]])
  t.same(events, ['tell:started', 'process:spawned', 'cache:message', 'tell:chunk', 'cache:message', 'tell:complete'])
  t.same(errors, [])
})

t.test('100 parallel tells to one session give 100 answers in order', async t => {
  const { services: { tells }, agent } = wire(t, { script: echoes })
  const ids = (await Promise.all(Array.from({ length: 100 }, (_, n) => tells.start(tell(`m${n}`))))).map(({ tellId }) => tellId)
  await Promise.all(ids.map(id => tells.wait(id, 0, never)))
  t.same(ids.map(id => tells.get(id).response), ids.map((_, n) => `re: m${n}`))
  t.same(agent.processes.map(({ sent }) => sent.map(({ text }) => text)), [ids.map((_, n) => `m${n}`)])
})

t.test('a full queue refuses, and drops nothing', async t => {
  const { services: { tells }, agent } = wire(t, { settings: { maxQueued: 2 } })
  const ids = (await Promise.all([1, 2, 3].map(n => tells.start(tell(`m${n}`))))).map(({ tellId }) => tellId) // one runs, two wait
  await t.rejects(tells.start(tell('m4')), { name: 'QueueFullError', statusCode: 429, details: { retryAfter: 5 } })
  for (const id of ids) {
    await turns()
    agent.processes[0]!.reply('ok')
    await tells.wait(id, 0, never)
  }
  t.same(ids.map(id => tells.get(id).state), ['completed', 'completed', 'completed'])
})

t.test('a wait that ends first leaves the tell as it is', async t => {
  const { services: { tells }, agent, clock } = wire(t)
  const { tellId } = await tells.start(tell('slow'))
  const waited = tells.wait(tellId, 100, never)
  await clock.advance(100)
  await waited
  t.equal(tells.get(tellId).state, 'running')
  agent.processes[0]!.reply('late')
  await tells.wait(tellId, 0, never)
  t.equal(tells.get(tellId).response, 'late')
})

t.test('the answer so far is there while it grows, and deltas within 40 ms are one chunk', async t => {
  const { services: { tells }, agent, clock } = wire(t)
  const seen: Progress[] = []
  const { tellId } = await tells.start(tell('grow'), progress => { seen.push(progress) })
  await turns()
  const [process] = agent.processes
  for (const text of ['one ', 'two ', 'three ']) process!.say({ type: 'delta', tellId, text })
  await clock.advance(40)
  t.equal(tells.get(tellId).response, 'one two three ')
  t.same(seen.filter(({ event }) => event === 'tell:chunk').map(({ data }) => 'chunk' in data && [data.offset, data.chunk]), [[0, 'one '], [4, 'two three ']])
  process!.say({ type: 'delta', tellId: 'another', text: 'of another turn' })
  process!.say({ type: 'delta', tellId: null, text: 'of nobody' })
  process!.reply('one two three four')
  await tells.wait(tellId, 0, never)
  t.equal(tells.get(tellId).response, 'one two three four')
})

t.test('how long words are gathered, and how long a chunk may be, is configured', async t => {
  const { services: { tells }, agent, clock } = wire(t, { settings: { chunkInterval: 500, chunkSize: 16 } })
  const chunks: [number, string][] = []
  const { tellId } = await tells.start(tell('grow'), progress => { if (progress.event === 'tell:chunk') chunks.push([progress.data.offset, progress.data.chunk]) })
  await turns()
  const say = (text: string) => { agent.processes[0]!.say({ type: 'delta', tellId, text }) }
  for (const text of ['one ', 'two ', 'three ']) say(text)
  await clock.advance(499)
  t.same(chunks, [[0, 'one ']])
  await clock.advance(1)
  t.same(chunks.slice(1), [[4, 'two three ']])
  say('0123456789')
  say('abcdefghijklmnopqrstuvwxyz')
  await turns()
  t.same(chunks.slice(2), [[14, '0123456789abcdef'], [30, 'ghijklmnopqrstuv'], [46, 'wxyz']], 'what is long goes out at once, in pieces')
  agent.processes[0]!.reply('x'.repeat(100))
  await tells.wait(tellId, 0, never)
  t.ok(chunks.every(([, chunk]) => chunk.length <= 16))
  t.equal(applyChunks(chunks.map(([offset, chunk]) => ({ offset, chunk }))), 'x'.repeat(100))
})

t.test('without an interval each delta is a chunk', async t => {
  const { services: { tells }, agent } = wire(t, { settings: { chunkInterval: 0 } })
  const chunks: string[] = []
  const { tellId } = await tells.start(tell('grow'), progress => { if (progress.event === 'tell:chunk') chunks.push(progress.data.chunk) })
  await turns()
  for (const text of ['one ', 'two ', 'three ']) agent.processes[0]!.say({ type: 'delta', tellId, text })
  await turns()
  t.same(chunks, ['one ', 'two ', 'three '])
})

t.test('a crash fails its tell at once with exit code, signal and stderr, and the next tell wakes it again', async t => {
  const { services: { tells }, agent, clock } = wire(t)
  const { tellId } = await tells.start(tell('crash'))
  await turns()
  agent.processes[0]!.die({ code: 7, stderr: 'segfault' })
  await tells.wait(tellId, 0, never)
  t.match(tells.get(tellId), { state: 'failed', error: { error: 'AgentError', statusCode: 502, message: /\(exit code 7\): segfault$/, details: { exitCode: 7, signal: null, stderr: 'segfault' } } })
  await clock.advance(200_000)
  const next = await tells.start(tell('again'))
  await turns()
  t.equal(agent.processes[1]!.start.resume, true, 'the conversation is resumed')
  t.equal(agent.processes[1]!.alive, true, 'no timer of the failed tell hurts it')
  agent.processes[1]!.reply('fine')
  await tells.wait(next.tellId, 0, never)
  t.equal(tells.get(next.tellId).response, 'fine')
})

t.test('cancel interrupts the agent, keeps the process, and late output goes to nobody', async t => {
  const { services: { tells }, agent } = wire(t)
  const { tellId } = await tells.start(tell('long'))
  await turns()
  const [process] = agent.processes
  process!.say({ type: 'delta', tellId, text: 'part' })
  const cancelled = tells.cancel(tellId, 'by test')
  t.equal(process!.interrupts, 1)
  process!.say({ type: 'ended', tellId, outcome: 'interrupted' })
  t.equal(await cancelled, true)
  t.match(tells.get(tellId), { state: 'cancelled', response: 'part', error: { error: 'TellCancelledError', message: 'The tell was cancelled: by test' } })
  const next = await tells.start(tell('next'))
  await turns()
  process!.say({ type: 'delta', tellId, text: 'late output of the cancelled one' })
  process!.reply('clean')
  await tells.wait(next.tellId, 0, never)
  t.equal(tells.get(next.tellId).response, 'clean')
  t.equal(agent.processes.length, 1)
  t.equal(await tells.cancel(tellId, 'again'), false)
})

t.test('an agent that does not obey an interrupt is ended, and the tell is still cancelled', async t => {
  const { services: { tells }, agent, clock } = wire(t)
  const { tellId } = await tells.start(tell('stubborn'))
  await turns()
  const cancelled = tells.cancel(tellId, 'by test')
  await clock.advance(5_000)
  await cancelled
  t.equal(tells.get(tellId).state, 'cancelled')
  t.equal(agent.alive(), 0)
})

t.test('a tell that waits is cancelled without running', async t => {
  const { services: { tells }, agent } = wire(t)
  await tells.start(tell('first'))
  const { tellId } = await tells.start(tell('second'))
  await tells.cancel(tellId, 'by test')
  t.equal(tells.get(tellId).state, 'cancelled')
  await turns()
  t.same(agent.processes[0]!.sent.map(({ text }) => text), ['first'])
})

t.test('silence expires a tell, but not while a tool runs', async t => {
  const { services: { tells }, agent, clock } = wire(t, { settings: { responseTimeout: 1_000, toolTimeout: 60_000 } })
  const { tellId } = await tells.start(tell('work'))
  await turns()
  const [process] = agent.processes
  await clock.advance(900)
  process!.say({ type: 'activity' })
  await clock.advance(900)
  process!.say({ type: 'tool', tellId, callId: 't1', running: true })
  await clock.advance(50_000)
  t.equal(process!.interrupts, 0)
  process!.say({ type: 'tool', tellId, callId: 't1', running: false })
  await clock.advance(1_000)
  t.equal(process!.interrupts, 1)
  process!.say({ type: 'ended', tellId, outcome: 'interrupted' })
  await turns()
  t.match(tells.get(tellId), { state: 'expired', error: { error: 'AgentError', message: /no sign of life for 1000 ms/ } })
})

t.test('an agent that cannot log in is told at its first try', async t => {
  const { services: { tells }, agent } = wire(t)
  const { tellId } = await tells.start(tell('hi'))
  await turns()
  agent.processes[0]!.say({ type: 'retry', tellId, attempt: 1, delayMs: 500, reason: 'authentication_failed', auth: true })
  agent.processes[0]!.say({ type: 'ended', tellId, outcome: 'interrupted' })
  await turns()
  t.match(tells.get(tellId), { state: 'failed', error: { message: /cannot log in/ } })
})

t.test('the same id and input is the same tell, another input is refused', async t => {
  const { services: { tells }, agent } = wire(t, { script: echoes })
  const tellId = '01890000-0000-7000-8000-000000000001'
  await tells.start(tell('once', { tellId }))
  t.equal((await tells.start(tell('once', { tellId }))).tellId, tellId)
  await tells.wait(tellId, 0, never)
  t.equal((await tells.start(tell('once', { tellId }))).state, 'completed')
  await t.rejects(tells.start(tell('other', { tellId })), { name: 'IdempotencyMismatchError', statusCode: 422 })
  await t.rejects(tells.start(tell('once', { tellId, caller: 'another key' })), { name: 'IdempotencyMismatchError' })
  t.equal(agent.processes[0]!.sent.length, 1)
})

t.test('a tell that is told again has its answer, also where its team is gone from the config', async t => {
  const { services } = wire(t, { script: echoes, teams: { gone: {} } })
  const input = { toTeam: 'gone', message: 'once', timeout: 1_000, tellId: '01890000-0000-7000-8000-000000000001' }
  const call = Object.assign(Object.create(services) as Call, {
    caller: { name: 'k', self: 'k', permissions: new Set(['admin']), teams: null, as: null }, signal: never, emit () {}, charge () {}
  })
  const first = await teamTell.run(input, call)
  const { teams, ...config } = services.config()
  services.reconfigure({ ...config, teams: new Map([...teams].filter(([name]) => name !== 'gone')) })
  const { timestamp: _, ...again } = await teamTell.run(input, call)
  t.match(again, { tellId: first.tellId, state: 'completed', response: 're: once' })
  await t.rejects(teamTell.run({ ...input, message: 'other' }, call), { name: 'IdempotencyMismatchError' })
  await t.rejects(teamTell.run({ ...input, tellId: '01890000-0000-7000-8000-000000000002' }, call), { name: 'TeamNotFoundError' })
})

t.test('a conversation the agent has lost begins anew, and says so', async t => {
  const { AgentError } = await import('../src/errors.ts')
  const { services: { tells, sessions, cache }, agent } = wire(t, {
    script: { ...echoes, onStart: ({ resume }) => { if (resume) throw new AgentError('No conversation found', { details: { conversation: 'unknown' } }) } }
  })
  const first = await tells.start(tell('one'))
  await tells.wait(first.tellId, 0, never)
  const { conversation } = sessions.get(first.sessionId)
  agent.processes[0]!.die()
  await turns()
  const second = await tells.start(tell('two'))
  await tells.wait(second.tellId, 0, never)
  t.equal(tells.get(second.tellId).response, 're: two')
  t.not(sessions.get(first.sessionId).conversation, conversation)
  t.match(cache.read(first.sessionId, 0, 100).entries.filter(({ type }) => type === 'system'), [{ data: { subtype: 'conversation_lost' } }])
})

t.test('after a restart what ran is lost, with its text so far, and what waited runs', async t => {
  const home = scratch(t)
  const before = wire(t, { home })
  const first = await before.services.tells.start(tell('ran'))
  const second = await before.services.tells.start(tell('waited'))
  await turns()
  before.agent.processes[0]!.say({ type: 'delta', tellId: first.tellId, text: 'half an ans' })
  await before.clock.advance(50)
  // A second server on the same file stands for the restart: the first one never gets to write again.
  const after = wire(t, { home, script: echoes })
  const terminal: string[] = []
  after.services.log.subscribe('all', ({ event }) => { if (event.event === 'tell:error' || event.event === 'tell:complete') terminal.push(event.data.tellId) })
  after.services.tells.recover()()
  await after.services.tells.wait(second.tellId, 0, never)
  t.match(after.services.tells.get(first.tellId), { state: 'lost', response: 'half an ans', error: { error: 'AgentError' } })
  t.match(after.services.tells.get(second.tellId), { state: 'completed', response: 're: waited' })
  t.same(terminal, [first.tellId, second.tellId])
  t.same(after.agent.processes.flatMap(({ sent }) => sent.map(({ text }) => text)), ['waited'], 'nothing runs twice')
})

t.test('after a restart who comes before the others go on waits behind them, and they can be waited for and cancelled', async t => {
  const home = scratch(t)
  const before = wire(t, { home })
  const ids = (await Promise.all(['ran', 'waited', 'cancelled'].map(message => before.services.tells.start(tell(message))))).map(({ tellId }) => tellId)
  await turns()
  const { services: { tells }, agent } = wire(t, { home, script: echoes })
  const goOn = tells.recover()
  ids.push((await tells.start(tell('new'))).tellId)
  const ends: unknown[] = []
  for (const id of ids) void tells.wait(id, 0, never).then(({ how, tell }) => { ends.push([how, tell.message, tell.state]) })
  t.ok(await tells.cancel(ids[2]!, 'by test'))
  await turns()
  t.same([ends, agent.processes.length], [[['ended', 'cancelled', 'cancelled']], 0])
  await goOn()
  await tells.wait(ids[3]!, 0, never)
  t.same(ends.slice(1), [['ended', 'ran', 'lost'], ['ended', 'waited', 'completed'], ['ended', 'new', 'completed']])
})

t.test('a stop lets the running tell finish, tells who waits, and keeps the queue', async t => {
  const home = scratch(t)
  const { services, agent } = wire(t, { home })
  const { tells } = services
  const first = await tells.start(tell('running'))
  const second = await tells.start(tell('queued'))
  await turns()
  const waits = Promise.all([tells.wait(first.tellId, 0, never), tells.wait(second.tellId, 0, never)])
  const drained = tells.drain(10_000)
  await t.rejects(tells.start(tell('late')), { name: 'PoolFullError', statusCode: 503 })
  agent.processes[0]!.reply('done')
  await drained
  await waits
  t.equal(tells.get(first.tellId).state, 'completed')
  t.equal(tells.get(second.tellId).state, 'queued')
})

t.test('a stop cancels what does not finish in time', async t => {
  const { services: { tells }, agent, clock } = wire(t)
  const { tellId } = await tells.start(tell('long'))
  await turns()
  const drained = tells.drain(1_000)
  await clock.advance(1_000)
  t.equal(agent.processes[0]!.interrupts, 1)
  agent.processes[0]!.say({ type: 'ended', tellId, outcome: 'interrupted' })
  await drained
  t.match(tells.get(tellId), { state: 'cancelled', error: { message: /the server stopped/ } })
})

t.test('permission questions are answered by the policy and each is recorded', async t => {
  for (const permissions of ['deny', 'allow'] as const) {
    const { services: { tells, cache }, agent } = wire(t, { teams: { echo: { permissions } } })
    const { tellId, sessionId } = await tells.start(tell('ask'))
    await turns()
    agent.processes[0]!.say({ type: 'ask', tellId, requestId: 'q', tool: 'Write', input: { file_path: 'x' }, data: {} })
    t.match(agent.processes[0]!.answers, [{ requestId: 'q', decision: { behavior: permissions } }])
    t.match(cache.read(sessionId, 0, 10).entries.at(-1), { type: 'permission', tellId, data: { tool: 'Write', decision: permissions, by: 'policy', rule: `permissions: ${permissions}` } })
    agent.processes[0]!.reply('ok')
    await tells.wait(tellId, 0, never)
  }
})
