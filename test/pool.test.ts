import t from 'tap'
import { turns } from './fixtures/test-clock.ts'
import { makeConfig, wire } from './fixtures/wired.ts'

const WITHIN = { within: 1_000 }

t.test('two wakes at once for one pair share one start', async t => {
  const { services: { pool, sessions }, agent } = wire(t)
  const session = sessions.open('a', 'echo')
  const [one, two] = await Promise.all([pool.acquire(session, WITHIN), pool.acquire(session, WITHIN)])
  t.equal(one, two)
  t.equal(agent.processes.length, 1)
})

t.test('many wakes never exceed maxProcesses, and each gets its turn', async t => {
  let most = 0
  const { services: { pool, sessions }, agent } = wire(t, { settings: { maxProcesses: 5 }, script: { onStart: () => { most = Math.max(most, agent.alive()) } } })
  await Promise.all(Array.from({ length: 200 }, async (_, n) => {
    pool.release(await pool.acquire(sessions.open(`caller-${n}`, 'echo'), { within: 1e9 }))
  }))
  t.equal(agent.processes.length, 200)
  t.ok(most <= 5, `at most ${most} lived at once`)
  t.ok(pool.size().total <= 5)
})

t.test('the longest idle is evicted, never one in use', async t => {
  const { services: { pool, sessions }, agent, clock } = wire(t, { settings: { maxProcesses: 2 } })
  const used = await pool.acquire(sessions.open('used', 'echo'), WITHIN)
  used.enter('busy', 'test')
  pool.release(await pool.acquire(sessions.open('idle', 'echo'), WITHIN))
  await clock.advance(10)
  await pool.acquire(sessions.open('third', 'echo'), WITHIN)
  t.same(agent.processes.map(({ alive }) => alive), [true, false, true])
  t.equal(pool.state(sessions.open('idle', 'echo')).reason, 'made room for another session')
})

t.test('when all are in use a wait for a place has a deadline', async t => {
  const { services: { pool, sessions }, clock } = wire(t, { settings: { maxProcesses: 1 } })
  const used = await pool.acquire(sessions.open('used', 'echo'), WITHIN)
  const refused = t.rejects(pool.acquire(sessions.open('late', 'echo'), WITHIN), { name: 'PoolFullError', statusCode: 503, details: { retryAfter: 5 } })
  await clock.advance(1_000)
  await refused
  t.equal(pool.size().total, 1)
  pool.release(used)
  await pool.acquire(sessions.open('late', 'echo'), WITHIN)
  t.equal(pool.size().total, 1, 'and the place is had once it is free')
})

t.test('an agent that is idle for idleTimeout is put to sleep, by the clock', async t => {
  const { services: { pool, sessions }, agent, clock } = wire(t, { settings: { idleTimeout: 60_000 } })
  const session = sessions.open('a', 'echo')
  pool.release(await pool.acquire(session, WITHIN))
  await clock.advance(59_999)
  t.equal(agent.alive(), 1)
  await clock.advance(1)
  t.equal(agent.alive(), 0)
  t.match(pool.state(sessions.get(session.id)), { state: 'asleep', reason: 'idle for 60000 ms' })
  t.equal(pool.size().total, 0)
})

t.test('an agent that dies gives its place back and wakes anew', async t => {
  const { services: { pool, sessions }, agent } = wire(t)
  const session = sessions.open('a', 'echo')
  pool.release(await pool.acquire(session, WITHIN))
  agent.processes[0]!.die({ code: 3 })
  await turns()
  t.match(pool.state(sessions.get(session.id)), { state: 'asleep', reason: 'the agent exited (code 3)' })
  await pool.acquire(session, WITHIN)
  t.equal(agent.processes.length, 2)
  t.equal(pool.size().total, 1)
})

t.test('a start that fails gives its place back and tells why', async t => {
  const { services: { pool, sessions }, agent } = wire(t, { script: { onStart: () => { throw new Error('no such program') } } })
  await t.rejects(pool.acquire(sessions.open('a', 'echo'), WITHIN), { message: 'no such program' })
  await turns()
  t.equal(pool.size().total, 0)
  t.equal(agent.alive(), 0)
})

t.test('an agent that is not ready in time is given up', async t => {
  const { services: { pool, sessions }, clock } = wire(t, {
    settings: { spawnTimeout: 500 },
    script: { onStart: ({ signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) }) }
  })
  const refused = t.rejects(pool.acquire(sessions.open('a', 'echo'), WITHIN), { message: /not ready within 500 ms/ })
  await clock.advance(500)
  await refused
  t.equal(pool.size().total, 0)
})

t.test('a session that goes to sleep and is wanted at once wakes again, one process at a time', async t => {
  const { services: { pool, sessions }, agent } = wire(t)
  const session = sessions.open('a', 'echo')
  pool.release(await pool.acquire(session, WITHIN))
  const asleep = pool.sleep(session.id, 'test')
  const living = await pool.acquire(session, WITHIN)
  await asleep
  t.equal(agent.alive(), 1)
  t.equal(living.pid, agent.processes[1]!.pid)
})

t.test('a smaller maxProcesses after a reload is obeyed as agents leave', async t => {
  const { services: { pool, sessions, config, reconfigure }, clock } = wire(t, { settings: { maxProcesses: 3 } })
  const living = await Promise.all(['a', 'b', 'c'].map(name => pool.acquire(sessions.open(name, 'echo'), WITHIN)))
  reconfigure({ ...config(), settings: { ...config().settings, maxProcesses: 1 } })
  const late = pool.acquire(sessions.open('d', 'echo'), { within: 1e6 })
  for (const one of living) pool.release(one)
  await turns()
  await late
  await clock.advance(1)
  t.ok(pool.size().total <= 2, `${pool.size().total} places taken`)
})

t.test('a start that fails at once, as of a team that is no more, gives its place back too', async t => {
  const { services: { pool, sessions } } = wire(t)
  await t.rejects(pool.acquire(sessions.open('a', 'gone'), WITHIN), { name: 'TeamNotFoundError' })
  t.equal(pool.size().total, 0)
  t.same(pool.awake(), [])
})

t.test('after a reload the idle agents of teams that changed make way, the others stay', async t => {
  const { services: { pool, sessions, config, reconfigure }, agent } = wire(t, { teams: { other: {}, busy: {} } })
  for (const team of ['echo', 'other']) pool.release(await pool.acquire(sessions.open('a', team), WITHIN))
  const teams = new Map(config().teams)
  teams.set('echo', { ...teams.get('echo')!, permissions: 'allow' })
  reconfigure({ ...config(), teams })
  await turns()
  t.same(agent.processes.map(({ start, alive }) => [start.team, alive]), [['echo', false], ['other', true]])
  reconfigure({ ...config(), teams: new Map([...teams].filter(([name]) => name !== 'other')) })
  await turns()
  t.equal(agent.alive(), 0)
})

t.test('a reload while an agent wakes has the tell that waits for it run by the team as it is now', async t => {
  let go = () => {}
  const held = new Promise<void>(resolve => { go = resolve })
  const { services, services: { pool, tells, sessions }, agent, home } = wire(t, {
    teams: { echo: { model: 'old' } },
    script: { onStart: async ({ model }) => { if (model === 'old') await held }, onSend: (process, text) => { process.reply(`${process.start.model}: ${text}`) } }
  })
  const { tellId, sessionId } = await tells.start({ from: 'a', to: 'echo', message: 'hello', caller: 'key' })
  await turns()
  t.equal(pool.state(sessions.get(sessionId)).state, 'waking')
  services.reconfigure(makeConfig(home, { teams: { echo: { model: 'new' } } }))
  go()
  await turns()
  t.match(tells.get(tellId), { state: 'completed', response: 'new: hello' })
  t.same(agent.processes.map(({ alive }) => alive), [false, true])
})

t.test('a reload while an agent works on what nobody asked for counts for its next turn', async t => {
  const { services, services: { tells }, agent, home } = wire(t, { script: { onSend: (process, text) => { process.reply(`${process.start.model ?? 'old'}: ${text}`) } } })
  const tell = async (message: string) => {
    const { tellId } = await tells.start({ from: 'a', to: 'echo', message, caller: 'key' })
    await turns()
    return tells.get(tellId).response
  }
  t.equal(await tell('one'), 'old: one')
  const [first] = agent.processes
  first!.say({ type: 'delta', tellId: null, text: 'on its own' })
  services.reconfigure(makeConfig(home, { teams: { echo: { model: 'new' } } }))
  await turns()
  t.ok(first!.alive, 'it is let finish')
  first!.say({ type: 'ended', tellId: null, outcome: 'completed' })
  t.equal(await tell('two'), 'new: two')
  t.notOk(first!.alive)
})

t.test('an agent that has done what nobody asked for makes room for who waits', async t => {
  const { services: { tells }, agent } = wire(t, { settings: { maxProcesses: 1 }, script: { onSend: (process, text) => { process.reply(`re: ${text}`) } } })
  const tell = async (from: string) => (await tells.start({ from, to: 'echo', message: 'hello', caller: 'key' })).tellId
  await tell('a')
  await turns()
  const [first] = agent.processes
  first!.say({ type: 'delta', tellId: null, text: 'on its own' })
  const waits = await tell('b')
  await turns()
  t.match({ state: tells.get(waits).state, alive: first!.alive }, { state: 'queued', alive: true }, 'one at work is not evicted')
  first!.say({ type: 'ended', tellId: null, outcome: 'completed' })
  await turns()
  t.equal(tells.get(waits).state, 'completed')
})

t.test('a reload while a session waits for a place starts its agent once', async t => {
  const { services, services: { pool, sessions }, agent, home } = wire(t, { settings: { maxProcesses: 1 }, teams: { other: {} } })
  const used = await pool.acquire(sessions.open('used', 'other'), WITHIN)
  const waits = pool.acquire(sessions.open('waits', 'echo'), WITHIN)
  await turns()
  services.reconfigure(makeConfig(home, { settings: { maxProcesses: 1 }, teams: { other: {}, echo: { model: 'new' } } }))
  pool.release(used)
  pool.release(await waits)
  await turns()
  t.same(agent.processes.map(({ start: { model }, alive }) => [model, alive]), [[undefined, false], ['new', true]])
})

t.test('who waits as long as it takes is not ended by a sleep that overtakes it; a wake before that is', async t => {
  let slow = true
  const { services: { pool, sessions }, agent } = wire(t, {
    settings: { maxProcesses: 1 },
    script: { onStart: ({ signal }) => slow ? new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) }) : undefined }
  })
  const [first, second] = [sessions.open('first', 'echo'), sessions.open('second', 'echo')]
  const starts = pool.acquire(first, {})
  const waits = pool.acquire(second, {})
  const woken = t.rejects(pool.acquire(second, WITHIN), { message: 'put to sleep' })
  await turns()
  await pool.sleep(second.id, 'put to sleep')
  await woken
  slow = false
  await pool.sleep(first.id, 'put to sleep')
  pool.release(await waits)
  pool.release(await starts)
  t.same(agent.processes.map(({ start: { sessionId } }) => sessionId), [first.id, second.id, first.id])
})

t.test('a start that is given up in the moment in which it has its place starts nothing, and gives the place back', async t => {
  const { services: { pool, sessions }, agent } = wire(t, { settings: { maxProcesses: 1 } })
  const session = sessions.open('a', 'echo')
  const woken = t.rejects(pool.acquire(session, WITHIN), { message: 'put to sleep' })
  await pool.sleep(session.id, 'put to sleep')
  await woken
  t.match({ processes: agent.processes.length, taken: pool.size().total }, { processes: 0, taken: 0 })
  pool.release(await pool.acquire(session, WITHIN))
  t.equal(agent.alive(), 1)
})
