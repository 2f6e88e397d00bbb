import { readFileSync } from 'node:fs'
import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { PoolFullError, RateLimitedError } from '../src/errors.ts'
import type { Wiring } from '../src/services.ts'
import { defineTool, type Call } from '../src/tool.ts'
import { sessionDelete } from '../src/tools/session-delete.ts'
import { sessionReset } from '../src/tools/session-reset.ts'
import { teamSleep } from '../src/tools/team-sleep.ts'
import { teamTell } from '../src/tools/team-tell.ts'
import { never, run } from './fixtures/running.ts'
import { type ScriptedProcess } from './fixtures/scripted-agent.ts'
import { listen } from './fixtures/socket-client.ts'
import { turns } from './fixtures/test-clock.ts'
import { transports } from './fixtures/transports.ts'
import { scratch, wire } from './fixtures/wired.ts'

setMaxListeners(0, never)
const echoes = { onSend: (process: ScriptedProcess, text: string) => { queueMicrotask(() => { process.reply(`re: ${text}`) }) } }
const caller = { name: 'k', self: 'k', permissions: new Set(['admin'] as const), teams: null, as: null }
const callOf = (services: Wiring, idempotencyKey: string, more: Partial<Call> = {}): Call => ({ ...services, caller, signal: never, emit () {}, charge () {}, idempotencyKey, ...more })
const hello = { toTeam: 'echo', message: 'hello', timeout: 0 }
const sent = ({ processes }: { processes: ScriptedProcess[] }) => processes.flatMap(process => process.sent.map(({ text }) => text))

t.test('one key from ten clients at once, over six transports, is one run of the agent and ten equal answers; again after a restart', async t => {
  const home = scratch(t)
  const echoLog = join(home, 'runs.log')
  const runs = () => readFileSync(echoLog, 'utf8').trim().split('\n').length
  const config = { home, teams: { echo: { env: { ECHO_LOG: echoLog } } } }
  const ways = ['rest', 'websocket', 'mcpHttp', 'mcpModern', 'graphql', 'graphqlSocket']
  const connectAll = (url: string, key: string) => Promise.all(Array.from({ length: 10 }, (_, n) => transports[ways[n % ways.length]!]!(url, key)))

  const first = await run(t, config)
  const other = first.makeKey({ name: 'other' })
  const input = { toTeam: 'echo', message: '!slow 5 40 the same to everybody', timeout: 20_000 }
  const clients = await connectAll(first.url, first.key)
  const answers = await Promise.all(clients.map(({ call }) => call('team_tell', input, 'once')))
  t.match(answers[0], { ok: true, body: { response: 'the same to everybody', state: 'completed', async: false } })
  for (const answer of answers) t.same(answer, answers[0])
  t.equal(runs(), 1)

  const bridge = await transports.mcpStdio!(first.url, first.key)
  for (const { call } of [...clients.slice(0, ways.length), bridge]) {
    t.same(await call('team_tell', { ...input }, 'once'), answers[0], 'after it, the same again')
    t.match(await call('team_tell', { ...input, message: 'another' }, 'once'), { ok: false, body: { error: 'IdempotencyMismatchError', statusCode: 422, message: /idempotency key 'once'/ } })
    t.match(await call('team_wake', { teamName: 'echo' }, 'once'), { ok: false, body: { error: 'IdempotencyMismatchError' } })
    t.match(await call('team_wake', { teamName: 'echo' }, 'x'.repeat(129)), { ok: false, body: { error: 'ValidationError', message: /idempotency key is 1 to 128/ } })
  }
  t.equal(runs(), 1)
  const stranger = await transports.rest!(first.url, other)
  t.not(((await stranger.call('team_tell', input, 'once')).body as { tellId: string }).tellId, (answers[0]!.body as { tellId: string }).tellId, 'the key of another caller is another key')
  t.equal(runs(), 2)
  await Promise.all([...clients, bridge].map(({ close }) => close()))
  await first.close()

  const second = await run(t, { ...config, key: first.key })
  const again = await connectAll(second.url, first.key)
  for (const answer of await Promise.all(again.map(({ call }) => call('team_tell', input, 'once')))) t.same(answer, answers[0])
  t.equal(runs(), 2)
  await Promise.all(again.map(({ close }) => close()))
  t.same([...first.errors, ...second.errors], [])
})

t.test('each who comes waits as long as it likes, and who hangs up cancels nothing for the others', async t => {
  const { services, agent } = wire(t)
  const gone = new AbortController()
  const first = teamTell.run(hello, callOf(services, 'a', { signal: gone.signal }))
  await turns()
  const second = teamTell.run(hello, callOf(services, 'a'))
  const seen: string[] = []
  const third = teamTell.run(hello, callOf(services, 'a', { emit: ({ event }) => { seen.push(event) } }))
  const stranger = { ...caller, name: 'another' }
  t.match(await teamTell.run({ toTeam: 'echo', message: 'mine', timeout: -1 }, callOf(services, 'a', { caller: stranger })), { message: 'mine' }, 'also meanwhile the key of another is another')
  gone.abort()
  const left = await first
  t.match(left, { async: true, state: 'running' })
  agent.processes[0]!.reply('for you')
  const [one, two] = await Promise.all([second, third])
  t.match(one, { tellId: left.tellId, response: 'for you', async: false })
  t.same(two, one)
  t.same(seen, ['tell:chunk', 'tell:complete'], 'also one who comes later hears it grow')
  t.same(sent(agent).filter(text => text === 'hello'), ['hello'])
})

t.test('a wait that ended is not the outcome: the next try waits on for the same tell', async t => {
  const { services, agent, clock } = wire(t)
  const input = { ...hello, timeout: 1_000 }
  const first = teamTell.run(input, callOf(services, 'a'))
  const refused = t.rejects(first, { name: 'TellTimeoutError', statusCode: 408 })
  await clock.advance(1_000)
  await refused
  const impatient = teamTell.run({ ...hello, timeout: 60_000 }, callOf(services, 'b', { patience: 10 }))
  await clock.advance(10)
  const { tellId, async } = await impatient
  t.equal(async, true, 'a client of little patience is told how to go on')
  const second = teamTell.run(input, callOf(services, 'a'))
  await turns()
  agent.processes[0]!.reply('late')
  t.match(await second, { response: 'late' })
  t.same(await teamTell.run(input, callOf(services, 'a')), await second)
  await turns()
  agent.processes[0]!.reply('patience')
  t.match(await teamTell.run({ ...hello, timeout: 60_000 }, callOf(services, 'b')), { tellId, response: 'patience', async: false })
  t.same(sent(agent), ['hello', 'hello'])
})

t.test('a restart in the middle: the next try finds the same tell, whatever became of it', async t => {
  const home = scratch(t)
  const before = wire(t, { home })
  const ran = teamTell.run(hello, callOf(before.services, 'ran'))
  const waited = teamTell.run(hello, callOf(before.services, 'waited'))
  const noWait = await teamTell.run({ ...hello, timeout: -1 }, callOf(before.services, 'accepted'))
  for (const call of [ran, waited]) call.catch(() => {})
  await turns()
  const after = wire(t, { home, script: echoes })
  after.services.tells.recover()()
  for (let n = 0; n < 2; n++) {
    await t.rejects(teamTell.run(hello, callOf(after.services, 'ran')), { name: 'AgentError', statusCode: 502, details: { state: 'lost' } })
    t.match(await teamTell.run(hello, callOf(after.services, 'waited')), { response: 're: hello' })
    t.same(await teamTell.run({ ...hello, timeout: -1 }, callOf(after.services, 'accepted')), noWait, 'to have been accepted was its outcome')
  }
  t.same(sent(after.agent), ['hello', 'hello'], 'the two that had waited, each once')
})

t.test('a server that stops refuses, and forgets nothing: the next one answers with the tell that waited', async t => {
  const home = scratch(t)
  const { services, clock } = wire(t, { home })
  await services.tells.start({ from: 'k', to: 'echo', message: 'first', caller: 'k' })
  const input = { ...hello, timeout: 500 }
  const late = t.rejects(teamTell.run(input, callOf(services, 'a')), { name: 'TellTimeoutError' })
  await clock.advance(500)
  await late
  void services.tells.drain(1_000)
  await t.rejects(teamTell.run(input, callOf(services, 'a')), { name: 'PoolFullError', statusCode: 503 })
  const { rows: [queued] } = services.tells.list({ state: 'queued' }, { limit: 1 })
  const after = wire(t, { home, script: echoes })
  after.services.tells.recover()()
  t.match(await teamTell.run(input, callOf(after.services, 'a')), { tellId: queued!.tellId, response: 're: hello' })
  t.same(sent(after.agent), ['hello'])
})

t.test('what the work came to is kept, also where it failed; a refusal, or no room, is not', async t => {
  const { services, agent } = wire(t, { settings: { maxQueued: 1 } })
  const failing = teamTell.run(hello, callOf(services, 'crash'))
  await turns()
  agent.processes[0]!.die({ code: 7 })
  const crash = { name: 'AgentError', statusCode: 502, details: { exitCode: 7, state: 'failed', tellId: String } }
  await t.rejects(failing, crash)
  await t.rejects(teamTell.run(hello, callOf(services, 'crash')), crash)
  t.equal(agent.processes.length, 1, 'the agent is not woken again')

  await t.rejects(teamTell.run(hello, callOf(services, 'limited', { charge () { throw new RateLimitedError('enough') } })), { name: 'RateLimitedError', statusCode: 429 })
  const limited = teamTell.run(hello, callOf(services, 'limited'))
  const next = teamTell.run(hello, callOf(services, 'next'))
  await t.rejects(teamTell.run(hello, callOf(services, 'full')), { name: 'QueueFullError' })
  await t.rejects(teamSleep.run({ teamName: 'echo' }, callOf(services, 'sleep')), { name: 'SessionBusyError' })
  await turns()
  agent.processes[1]!.reply('1')
  await limited
  const full = teamTell.run(hello, callOf(services, 'full'))
  await turns()
  agent.processes[1]!.reply('2')
  await next
  await turns()
  agent.processes[1]!.reply('3')
  t.match(await full, { response: '3' })
  t.match(await teamSleep.run({ teamName: 'echo' }, callOf(services, 'sleep')), { status: 'asleep' })

  const cancelled = teamTell.run(hello, callOf(services, 'cancelled'))
  await turns()
  const { rows: [tell] } = services.tells.list({ state: 'running' }, { limit: 1 })
  const done = services.tells.cancel(tell!.tellId, 'by test')
  agent.processes[2]!.say({ type: 'ended', tellId: tell!.tellId, outcome: 'interrupted' })
  await done
  for (const call of [cancelled, teamTell.run(hello, callOf(services, 'cancelled'))]) await t.rejects(call, { name: 'TellCancelledError', statusCode: 409, details: { tellId: tell!.tellId } })
  t.equal(sent(agent).length, 5)
})

t.test('a tell that found no agent for want of room has not happened: the next try is a new one', async t => {
  const { services, services: { pool }, agent, clock } = wire(t)
  const { acquire } = pool
  let refuse = () => {}
  pool.acquire = () => new Promise((_resolve, reject) => { refuse = () => { reject(new PoolFullError('The server is stopping')) } })
  const patient = { ...hello, timeout: 600 }
  const late = t.rejects(teamTell.run(patient, callOf(services, 'a')), { name: 'TellTimeoutError' })
  await clock.advance(600)
  await late
  const refused = t.rejects(teamTell.run(patient, callOf(services, 'a')), { name: 'PoolFullError', statusCode: 503, details: { state: 'failed' } })
  await turns()
  refuse()
  await refused
  pool.acquire = acquire
  const again = teamTell.run(patient, callOf(services, 'a'))
  await turns()
  agent.processes[0]!.reply('now')
  t.match(await again, { response: 'now' })
})

t.test('a key is forgotten after settings.idempotencyTtl, and swept from the store', async t => {
  const { services, agent, clock } = wire(t, { script: echoes, settings: { idempotencyTtl: 1_000_000 } })
  const first = await teamTell.run(hello, callOf(services, 'a'))
  await teamTell.run(hello, callOf(services, 'unused'))
  await clock.advance(999_999)
  t.same(await teamTell.run(hello, callOf(services, 'a')), first)
  await clock.advance(1)
  t.not((await teamTell.run(hello, callOf(services, 'a'))).tellId, first.tellId)
  await clock.advance(60_000)
  await teamTell.run(hello, callOf(services, 'another'))
  t.equal(services.store.idempotency.get('k', 'unused'), undefined)
  t.equal(sent(agent).length, 4)
})

t.test('what changes something else than a tell is done once too, and its answer outlives what it touched', async t => {
  const { services } = wire(t, { script: echoes })
  const { sessionId } = await teamTell.run(hello, callOf(services, 't')) as { sessionId: string }
  const reset = await sessionReset.run({ sessionId }, callOf(services, 'r'))
  t.same(await sessionReset.run({ sessionId }, callOf(services, 'r')), reset)
  await t.rejects(sessionDelete.run({ sessionId }, callOf(services, 'r')), { name: 'IdempotencyMismatchError' }, 'the same input of another tool is another call')
  await t.rejects(sessionReset.run({ sessionId }, callOf(services, 'r2')), { name: 'SessionBusyError' })
  const deleted = await sessionDelete.run({ sessionId }, callOf(services, 'd'))
  t.same(await sessionDelete.run({ sessionId }, callOf(services, 'd')), deleted)
  const narrow = { ...caller, teams: new Set(['other']) }
  await t.rejects(sessionDelete.run({ sessionId }, callOf(services, 'd', { caller: narrow })), { name: 'ForbiddenError' }, 'a key that lost the team is told nothing')
})

t.test('one run for all that come while it lasts, charged once; nobody can cancel it', async t => {
  const { services } = wire(t)
  let runs = 0
  let charged = 0
  let finish!: (err?: Error) => void
  const slow = defineTool({
    name: 'thing_make',
    title: 'Make',
    description: 'Makes it.',
    permission: 'tell',
    http: { method: 'POST', url: '/things' },
    charge: 'tell',
    input: Type.Object({ a: Type.Integer({ default: 1 }), b: Type.Optional(Type.Unsafe<object>({ type: 'object' })) }, { additionalProperties: false }),
    output: { aborted: Type.Boolean() },
    team: null,
    async handler (_, { signal }) {
      runs++
      await new Promise<void>((resolve, reject) => { finish = err => { if (err === undefined) resolve(); else reject(err) } })
      return { aborted: signal.aborted }
    }
  })
  const gone = new AbortController()
  const call = (key: string) => callOf(services, key, { signal: gone.signal, charge () { charged++ } })
  const first = slow.run({ b: { x: 1, y: { p: 1, q: 2 } } }, call('a'))
  const second = slow.run({ a: 1, b: { y: { q: 2, p: 1 }, x: 1 } }, call('a'))
  await t.rejects(slow.run({ a: 2 }, call('a')), { name: 'IdempotencyMismatchError' }, 'also while it runs')
  gone.abort()
  await turns()
  finish()
  t.match(await first, { aborted: false })
  t.equal(await second, await first)
  t.same([runs, charged], [1, 1])

  const failing = slow.run({}, call('b'))
  await turns()
  finish(new Error('a fault of ours'))
  await t.rejects(failing, { message: 'a fault of ours' })
  const retried = slow.run({}, call('b'))
  await turns()
  finish()
  await retried
  t.equal(runs, 3, 'nobody knows what a fault left behind: it is not kept')
})

t.test('to hear a room is of one socket: a key does not make it another\'s', async t => {
  const server = await run(t)
  for (const name of ['one', 'two']) {
    const { frames, event, socket } = await listen(t, server)
    socket.send(JSON.stringify({ event: 'health:subscribe', data: {}, id: name, idempotencyKey: 'h' }))
    t.match(await event('result', name), { data: { subscribed: true } })
    t.ok(frames.some(({ event }) => event === 'health:check'), name)
  }
})

t.test('a key is 1 to 128 printable characters, and only what changes something judges it', async t => {
  const { services } = wire(t)
  for (const key of ['', ' a', 'a ', 'a\n', 'é', 'x'.repeat(129), 7, {}, null]) {
    await t.rejects(teamSleep.run({ teamName: 'echo' }, callOf(services, key as string)), { name: 'ValidationError', statusCode: 400, message: /1 to 128 printable/ }, JSON.stringify(key))
  }
  for (const key of ['a', 'a key', '~!', 'x'.repeat(128)]) await t.resolves(teamSleep.run({ teamName: 'echo' }, callOf(services, key)))
})
