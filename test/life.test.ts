import { setMaxListeners } from 'node:events'
import t from 'tap'
import type { Team } from '../schemas/config.ts'
import type { KeyGrant } from '../schemas/key.ts'
import type { Wiring } from '../src/services.ts'
import type { Call } from '../src/tool.ts'
import { sessionDelete } from '../src/tools/session-delete.ts'
import { teamList } from '../src/tools/team-list.ts'
import { teamTell } from '../src/tools/team-tell.ts'
import { teamWake } from '../src/tools/team-wake.ts'
import { tellCancel } from '../src/tools/tell-cancel.ts'
import { turns } from './fixtures/test-clock.ts'
import { makeConfig, wire } from './fixtures/wired.ts'

const never = new AbortController().signal
setMaxListeners(0, never)
const tell = (message: string, from = 'a') => ({ from, to: 'echo', message, caller: 'key' })

function callOf (services: Wiring, { name = 'key', permissions = ['admin'] }: Partial<KeyGrant> = {}): Call {
  return {
    ...services,
    caller: { name, self: name, permissions: new Set(permissions), teams: null, as: null },
    signal: never,
    emit () {},
    charge () {}
  }
}

t.test('a key without cache:read learns nothing of another key\'s tell by cancelling it', async t => {
  const { services } = wire(t, { script: { onSend: (process, text) => { process.reply(`re: ${text}`) } } })
  const { tellId } = await services.tells.start(tell('between us'))
  await turns()
  const other = callOf(services, { name: 'other', permissions: ['tell'] })
  await t.rejects(tellCancel.run({ tellId }, other), { name: 'ForbiddenError' }, 'refused')
})

t.test('a wake while its session is deleted leaves no agent without a session', async t => {
  const { services, agent } = wire(t)
  const { pool, sessions } = services
  const call = callOf(services)
  const session = sessions.open('key', 'echo')
  pool.release(await pool.acquire(session, { within: 1_000 }))
  const deleted = sessionDelete.run({ sessionId: session.id }, call)
  const woken = teamWake.run({ teamName: 'echo' }, call).catch(() => {})
  await Promise.all([deleted, woken])
  await turns()
  const known = new Set(sessions.list({}, { limit: 100 }).rows.map(({ id }) => id))
  t.equal(agent.alive(), pool.awake().filter(({ id }) => known.has(id)).length, 'each agent has a session')
})

t.test('a busy agent whose team is changed is replaced before its next turn', async t => {
  const { services, agent, home } = wire(t, { teams: { echo: { permissions: 'allow' } } })
  await services.tells.start(tell('first'))
  await turns()
  services.reconfigure(makeConfig(home, { teams: { echo: { permissions: 'deny' } } }))
  agent.processes[0]!.reply('done')
  await turns()
  const { tellId } = await services.tells.start(tell('second'))
  await turns()
  const now = agent.processes.at(-1)!
  now.say({ type: 'ask', tellId, requestId: 'r', tool: 'Bash', input: {}, data: {} })
  t.equal(now.answers[0]!.decision.behavior, 'deny', 'the policy in force decides')
  now.reply('done')
  await turns()
})

t.test('more places are there at once when maxProcesses is raised', async t => {
  const { services, agent, home } = wire(t, { settings: { maxProcesses: 1 } })
  await services.tells.start(tell('long'))
  const { tellId } = await services.tells.start(tell('waits', 'b'))
  await turns()
  services.reconfigure(makeConfig(home, { settings: { maxProcesses: 2 } }))
  await turns()
  t.equal(services.tells.get(tellId).state, 'running', 'it runs')
  for (let n = 0; n < 2; n++) {
    for (const process of agent.processes) if (process.sent.length > 0) process.reply('done')
    await turns()
  }
})

t.test('idle agents beyond a lowered maxProcesses leave', async t => {
  const { services: { pool, sessions, reconfigure }, home } = wire(t, { settings: { maxProcesses: 3 } })
  for (const from of ['a', 'b', 'c']) pool.release(await pool.acquire(sessions.open(from, 'echo'), { within: 1_000 }))
  reconfigure(makeConfig(home, { settings: { maxProcesses: 1 } }))
  await turns()
  t.ok(pool.size().total <= 1, 'no more than the maximum')
})

t.test('a wait that ends by time is a timeout, also where the clock was set back meanwhile', async t => {
  const { services, clock } = wire(t)
  let skew = 0
  const call = { ...callOf(services), clock: { ...services.clock, now: () => clock.now() + skew } }
  const asked = teamTell.run({ toTeam: 'echo', message: 'slow', timeout: 1_000 }, call)
  asked.catch(() => {})
  await turns()
  skew = -3_600_000
  await clock.advance(1_000)
  await t.rejects(asked, { name: 'TellTimeoutError' }, '408')
})

t.test('a stopping server leaves queued what has not begun', async t => {
  const { services: { tells }, clock } = wire(t, { settings: { maxProcesses: 1 } })
  await tells.start(tell('runs'))
  const { tellId } = await tells.start(tell('waits for a place', 'b'))
  await turns()
  const drained = tells.drain(1_000)
  await clock.advance(30_000)
  await drained
  t.equal(tells.get(tellId).state, 'queued', 'it runs at the next start')
})

t.test('a message that cannot be given to its agent fails at once, and leaves nothing that would stop the next turn', async t => {
  let broken = true
  const { services: { tells }, agent, clock } = wire(t, { script: { onSend () { if (broken) throw new Error('no space left on device') } } })
  const { tellId } = await tells.start(tell('first'))
  await turns()
  t.match(tells.get(tellId), { state: 'failed', error: { error: 'AgentError', message: 'The agent could not be given the message: no space left on device' } })
  broken = false
  await tells.start(tell('second'))
  await clock.advance(60_000)
  const [process] = agent.processes
  process!.say({ type: 'activity' })
  await clock.advance(119_000)
  t.match({ interrupts: process!.interrupts, alive: process!.alive }, { interrupts: 0, alive: true })
  process!.reply('done')
})

t.test('a notice between two turns does not make an agent busy, which nothing would end: it still makes room', async t => {
  const { services: { tells, pool, sessions }, agent } = wire(t, { settings: { maxProcesses: 1 }, script: { onSend: (process, text) => { process.reply(`re: ${text}`) } } })
  const { sessionId } = await tells.start(tell('first'))
  await turns()
  agent.processes[0]!.say({ type: 'message', tellId: null, kind: 'system', data: { type: 'rate_limit_event' } })
  t.equal(pool.state(sessions.get(sessionId)).state, 'idle')
  const { tellId } = await tells.start(tell('of another session', 'b'))
  await turns()
  t.match(tells.get(tellId), { state: 'completed' })
})

t.test('a list of the teams looks once for each program', async t => {
  const { services } = wire(t, { teams: { echo: {}, without: { agent: 'codex' } } })
  const looked: string[] = []
  const teams = { ...services.teams, unavailable (team: Team) { looked.push(team.name); return services.teams.unavailable(team) } }
  const listed = await teamList.run({}, { ...callOf(services), teams })
  t.same(looked, ['echo', 'without'])
  t.match(listed, { teams: [{ name: 'echo', unavailable: undefined }, { name: 'without', unavailable: /^'codex-acp' is not found on PATH/ }] })
})
