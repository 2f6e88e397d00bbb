import t, { type Test } from 'tap'
import type { StoredEvent } from '../schemas/event.ts'
import type { Team } from '../schemas/config.ts'
import { turns } from './fixtures/test-clock.ts'
import { scratch, wire } from './fixtures/wired.ts'

const never = new AbortController().signal

/** A tell whose agent asks whether it may write a file. */
async function asked (t: Test, { permissions = 'ask', ...more }: Parameters<typeof wire>[1] & { permissions?: Team['permissions'] } = {}) {
  const world = wire(t, { teams: { echo: { permissions } }, ...more })
  const { services, agent } = world
  const events: StoredEvent[] = []
  services.log.subscribe('all', ({ event }) => { if (event.event.startsWith('approval:')) events.push(event) })
  const { tellId, sessionId } = await services.tells.start({ from: 'a', to: 'echo', message: 'write', caller: 'key' })
  await turns()
  const process = agent.processes[0]!
  let count = 0
  const ask = (tool = 'Write', input: Record<string, unknown> = { file_path: 'a.txt' }, from: string | null = tellId) => {
    process.say({ type: 'ask', tellId: from, requestId: `q${++count}`, tool, input, data: { description: 'to keep it' } })
    return services.approvals.list({ state: 'pending' }, { limit: 1 }).rows[0]?.approvalId ?? ''
  }
  const session = () => services.pool.state(services.sessions.get(sessionId))
  const cached = () => services.cache.read(sessionId, 0, 100).entries.filter(({ type }) => type === 'permission').map(({ data }) => data as Record<string, unknown>)
  return { ...services, ...world, events, tellId, sessionId, process, ask, session, cached }
}

t.test('a question is a row, an event and a session that waits', async t => {
  const { ask, approvals, events, session, tellId, sessionId, process, clock } = await asked(t)
  const id = ask()
  const expiresAt = clock.now() + 300_000
  t.match(session(), { state: 'waiting', reason: /Write/ })
  t.match(approvals.get(id), { approvalId: id, sessionId, team: 'echo', tellId, tool: 'Write', input: { file_path: 'a.txt' }, description: 'to keep it', state: 'pending', expiresAt })
  t.match(events, [{ event: 'approval:requested', data: { approvalId: id, sessionId, team: 'echo', tellId, tool: 'Write', input: { file_path: 'a.txt' }, description: 'to keep it', expiresAt } }])
  t.same(process.answers, [])
})

for (const [decision, state, behavior] of [['allow', 'allowed', 'allow'], ['allow_session', 'allowed', 'allow'], ['deny', 'denied', 'deny']] as const) {
  t.test(`${decision}: the agent is told, the session works on, and who decided is kept`, async t => {
    const { ask, approvals, events, session, process, cached, tells, tellId } = await asked(t)
    const id = ask()
    const answer = approvals.answer(id, { decision, reason: 'because' }, 'anna')
    t.match(answer, { approvalId: id, state, decision, by: 'key:anna', reason: 'because' })
    t.same(approvals.get(id), answer)
    t.match(process.answers, [{ requestId: 'q1', decision: { behavior, ...(behavior === 'allow' ? { input: { file_path: 'a.txt' } } : { message: 'because' }) } }])
    t.match(events[1], { event: 'approval:resolved', data: { approvalId: id, tellId, tool: 'Write', state, decision, by: 'key:anna', reason: 'because' } })
    t.match(cached(), [{ approvalId: id, tool: 'Write', decision, by: 'key:anna' }])
    t.match(session(), { state: 'busy', reason: "answers 'a'" })
    process.reply('done')
    await tells.wait(tellId, 0, never)
    t.equal(tells.get(tellId).state, 'completed')
    t.equal(session().state, 'idle')
  })
}

t.test('the first decision wins, and the next is told which it was', async t => {
  const { ask, approvals, process } = await asked(t)
  const id = ask()
  approvals.answer(id, { decision: 'deny' }, 'anna')
  t.throws(() => approvals.answer(id, { decision: 'allow' }, 'bert'), { name: 'ApprovalDecidedError', statusCode: 409, details: { approvalId: id, state: 'denied', decision: 'deny', by: 'key:anna' } })
  t.match(process.answers, [{ decision: { behavior: 'deny', message: "Denied by 'anna'" } }])
  t.equal(process.answers.length, 1)
})

t.test('who hears the question and decides at once is in time', async t => {
  const { ask, approvals, process, log, session, clock } = await asked(t)
  log.subscribe('all', ({ event }) => { if (event.event === 'approval:requested') approvals.answer(event.data.approvalId, { decision: 'allow' }, 'anna') })
  const timers = clock.timers
  ask()
  t.match(process.answers, [{ decision: { behavior: 'allow' } }])
  t.equal(session().state, 'busy')
  t.equal(clock.timers, timers, 'no deadline is left')
})

t.test('another input is refused where the agent takes none, and the question stays open', async t => {
  const { ask, approvals, process, tellId } = await asked(t)
  ask()
  process.say({ type: 'ask', tellId, requestId: 'fixed', tool: 'Write', input: { file_path: 'a.txt' }, fixed: true, data: {} })
  const { approvalId } = approvals.list({ state: 'pending' }, { limit: 1 }).rows[0]!
  t.throws(() => approvals.answer(approvalId, { decision: 'allow', input: { file_path: 'b.txt' } }, 'anna'), { name: 'ValidationError', message: /no other 'input'/ })
  t.equal(approvals.get(approvalId).state, 'pending')
  approvals.answer(approvalId, { decision: 'allow' }, 'anna')
  t.match(process.answers, [{ requestId: 'fixed', decision: { behavior: 'allow', input: { file_path: 'a.txt' } } }])
})

t.test('an edited input is what the tool gets, unless the policy denies it', async t => {
  const { ask, approvals, process } = await asked(t, { permissions: { rules: [{ tool: '*', path: 'secret/**', then: 'deny' }], otherwise: 'ask' } })
  const id = ask()
  t.throws(() => approvals.answer(id, { decision: 'deny', input: {} }, 'anna'), { name: 'ValidationError' })
  t.throws(() => approvals.answer(id, { decision: 'allow', input: { file_path: 'secret/x' } }, 'anna'), { name: 'ValidationError' })
  t.equal(approvals.get(id).state, 'pending')
  t.match(approvals.answer(id, { decision: 'allow', input: { file_path: 'b.txt' } }, 'anna'), { input: { file_path: 'a.txt' }, updatedInput: { file_path: 'b.txt' } })
  t.same(process.answers[0]!.decision, { behavior: 'allow', input: { file_path: 'b.txt' } })
})

t.test('allow_session holds for this tool in this session, each time on record', async t => {
  const { ask, approvals, process, cached, tells, agent } = await asked(t)
  const id = ask()
  approvals.answer(id, { decision: 'allow_session' }, 'anna')
  ask('Write', { file_path: 'b.txt' })
  t.match(process.answers[1], { requestId: 'q2', decision: { behavior: 'allow', input: { file_path: 'b.txt' } } })
  t.match(cached()[1], { decision: 'allow', by: 'policy', rule: `allow_session: approval ${id} by key:anna` })
  t.match(approvals.list({}, { limit: 1 }).rows[0], { state: 'allowed', by: 'policy', input: { file_path: 'b.txt' } })
  ask('Bash', { command: 'ls' })
  t.equal(process.answers.length, 2, 'another tool is asked about')

  const other = await tells.start({ from: 'b', to: 'echo', message: 'write', caller: 'key' })
  await turns()
  agent.processes[1]!.say({ type: 'ask', tellId: other.tellId, requestId: 'o', tool: 'Write', input: {}, data: {} })
  t.same(agent.processes[1]!.answers, [], 'another session is asked')
})

t.test('what is said for the session does not outweigh a policy that denies, nor answers a question to a person', async t => {
  const { ask, approvals, process, services, home } = await asked(t)
  approvals.answer(ask(), { decision: 'allow_session' }, 'anna')
  approvals.answer(ask('AskUserQuestion', {}), { decision: 'allow_session' }, 'anna')
  ask('AskUserQuestion', {})
  t.equal(process.answers.length, 2)
  const teams = new Map(services.config().teams)
  teams.set('echo', { ...teams.get('echo')!, permissions: 'deny', path: home })
  services.reconfigure({ ...services.config(), teams })
  ask()
  t.match(process.answers[2], { decision: { behavior: 'deny', message: /permissions: deny/ } }, 'a changed policy counts at once')
})

t.test('nothing is decided by a rule without a row and an event that name it', async t => {
  const { ask, approvals, process, events, cached, session } = await asked(t, { permissions: { rules: [{ tool: 'Write', path: '*.txt', then: 'allow' }], otherwise: 'deny' } })
  ask()
  ask('Bash', { command: 'ls' })
  t.match(process.answers.map(({ decision }) => decision.behavior), ['allow', 'deny'])
  const wanted = [{ tool: 'Write', state: 'allowed', by: 'policy', rule: 'rule 1: Write *.txt: allow' }, { tool: 'Bash', state: 'denied', by: 'policy', rule: 'otherwise: deny' }]
  t.match(approvals.list({}, { limit: 5 }).rows.reverse(), wanted)
  t.match(events.map(({ data }) => data), wanted)
  t.match(cached(), wanted)
  t.equal(session().state, 'busy')
})

t.test('a question that nobody answers is denied when its time is over', async t => {
  const { ask, approvals, process, events, clock, session } = await asked(t, { settings: { approvalTimeout: 1000 } })
  const id = ask()
  await clock.advance(999)
  t.equal(approvals.get(id).state, 'pending')
  await clock.advance(1)
  t.match(approvals.get(id), { state: 'expired', decision: 'deny', by: 'deadline', decidedAt: clock.now() })
  t.match(process.answers, [{ decision: { behavior: 'deny', message: /approvalTimeout/ } }])
  t.match(events[1], { event: 'approval:resolved', data: { approvalId: id, state: 'expired', by: 'deadline' } })
  t.equal(session().state, 'busy')
  t.throws(() => approvals.answer(id, { decision: 'allow' }, 'anna'), { name: 'ApprovalDecidedError', details: { state: 'expired', by: 'deadline', reason: /Nobody decided within/ } })
})

t.test('an agent that waits for a person is not silent: its time begins anew with the decision', async t => {
  const { ask, approvals, clock, tells, tellId, session } = await asked(t, { settings: { approvalTimeout: 0, responseTimeout: 1000 } })
  await clock.advance(900)
  const id = ask()
  t.equal(approvals.get(id).expiresAt, undefined, 'it waits for ever')
  await clock.advance(1_500_500)
  t.equal(session().state, 'waiting')
  approvals.answer(id, { decision: 'allow' }, 'anna')
  await clock.advance(999)
  t.equal(session().state, 'busy')
  t.equal(tells.get(tellId).state, 'running')
  await clock.advance(1 + 5000)
  await tells.wait(tellId, 0, never)
  t.equal(tells.get(tellId).state, 'expired')
})

t.test('the session waits until the last of its questions is decided, those of sub-agents and of unasked work too', async t => {
  const { ask, approvals, session, process } = await asked(t)
  const one = ask()
  const two = ask('Bash', { command: 'ls' }, null)
  approvals.answer(one, { decision: 'allow' }, 'anna')
  t.equal(session().state, 'waiting')
  approvals.answer(two, { decision: 'deny' }, 'anna')
  t.equal(session().state, 'busy')
  t.same(process.answers.map(({ requestId }) => requestId), ['q1', 'q2'])
  t.equal(approvals.get(two).tellId, undefined)
})

t.test('what works on in the background of a turn may ask beyond its end', async t => {
  const { ask, approvals, session, process, tells, tellId } = await asked(t)
  const one = ask()
  process.reply('it goes on in the background')
  await tells.wait(tellId, 0, never)
  await turns()
  t.equal(tells.get(tellId).state, 'completed')
  t.equal(session().state, 'waiting')
  approvals.answer(one, { decision: 'allow' }, 'anna')
  t.match(process.answers, [{ requestId: 'q1', decision: { behavior: 'allow' } }])
  t.equal(session().state, 'idle')
})

t.test('who waits for a person beyond its turn makes room for others', async t => {
  const { ask, approvals, session, process, tells, tellId, agent } = await asked(t, { settings: { maxProcesses: 1 } })
  const id = ask()
  process.reply('it goes on in the background')
  await tells.wait(tellId, 0, never)
  await tells.start({ from: 'b', to: 'echo', message: 'hello', caller: 'key' })
  await turns()
  t.match(approvals.get(id), { state: 'expired', reason: /made room/ })
  t.equal(session().state, 'asleep')
  t.equal(agent.alive(), 1)
})

const ends: [string, (world: Awaited<ReturnType<typeof asked>>) => unknown, RegExp][] = [
  ['the agent takes it back', ({ process }) => { process.say({ type: 'unask', requestId: 'q1' }) }, /took its question back/],
  ['the process exits', ({ process }) => { process.die({ code: 3 }) }, /code 3/],
  ['the tell is cancelled', ({ tells, tellId }) => { void tells.cancel(tellId, 'by anna') }, /by anna/],
  ['the session is put to sleep', ({ pool, sessionId }) => pool.sleep(sessionId, 'good night'), /good night/],
  ['the server stops', async ({ services, clock }) => { const closed = services.tells.drain(100); await clock.advance(6000); await closed }, /the server stopped/]
]
for (const [what, end, reason] of ends) {
  t.test(`nothing stays open when ${what}`, async t => {
    const world = await asked(t)
    const id = world.ask()
    const timers = world.clock.timers
    await end(world)
    t.match(world.approvals.get(id), { state: 'expired', decision: 'deny', by: 'end', reason })
    t.match(world.events[1], { event: 'approval:resolved', data: { approvalId: id, state: 'expired', reason } })
    t.ok(world.process.answers.every(({ decision }) => decision.behavior === 'deny'))
    t.not(world.session().state, 'waiting')
    t.ok(world.clock.timers <= timers + 1)
    t.throws(() => world.approvals.answer(id, { decision: 'allow' }, 'anna'), { name: 'ApprovalDecidedError' })
    t.same(world.errors, [])
    world.process.die()
  })
}

t.test('after the death of the server its open questions are expired, once', async t => {
  const home = scratch(t)
  const before = await asked(t, { home })
  const id = before.ask()
  const { services: { approvals, log } } = wire(t, { home })
  t.equal(approvals.get(id).state, 'pending')
  t.throws(() => approvals.answer(id, { decision: 'allow' }, 'anna'), { name: 'ApprovalDecidedError' }, 'nobody would hear it')
  const head = log.head()
  approvals.recover()
  t.match(approvals.get(id), { state: 'expired', by: 'end', reason: /server ended/ })
  approvals.recover()
  t.equal(log.head(), head + 2, 'told once')
})

t.test('a question that cannot be put on record is denied', async t => {
  const { ask, process, store, errors } = await asked(t, { permissions: 'allow' })
  store.approvals.insert = () => { throw new Error('the disk is full') }
  ask()
  t.match(process.answers, [{ decision: { behavior: 'deny' } }])
  t.match(errors, [{ message: 'the disk is full' }])
  errors.length = 0
})
