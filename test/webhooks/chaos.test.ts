import t from 'tap'
import { eventually, hooked, sessionIds, told } from '../fixtures/hooked.ts'
import { ok, receive, verify, type Behaviour } from '../fixtures/receiver.ts'
import { createTestClock, turns } from '../fixtures/test-clock.ts'

const HOUR = 3_600_000
const fails: Behaviour = response => { response.writeHead(500).end() }

t.test('one that fails, hangs, redirects, answers slowly and at length, breaks off and disappears for an hour has exactly the log, in order, all signed', async t => {
  const elsewhere = await receive(t)
  const { make, say, rows, pass, settled, clock, errors, services } = hooked(t)
  const first = await receive(t, { now: clock.now })
  const { webhook: { webhookId, url }, secret } = make({ url: first.url })
  const sessions = sessionIds(5)
  const expected: Record<string, number[]> = {}
  const speak = (rounds: number) => {
    for (let n = 0; n < rounds; n++) for (const id of sessions) (expected[id] ??= []).push(say(id, `${n} ünï😀`))
  }

  let calls = 0
  first.behave = (response, received) => (calls++ % 3 === 0 ? fails : ok)(response, received)
  speak(4)
  await pass(10 * 60_000)
  t.same(rows(webhookId, 'pending'), [])

  const stuck = new Set<() => void>()
  first.behave = response => { stuck.add(() => { response.end() }) }
  const before = first.received.length
  speak(1)
  await first.until(() => first.received.length === before + 4)
  await turns()
  t.equal(first.received.length, before + 4, 'four at once, no more')
  await clock.advance(14_999)
  t.equal(rows(webhookId, 'pending').filter(({ attempts }) => attempts > 0).length, 0)
  await clock.advance(1)
  await eventually(() => rows(webhookId, 'pending').filter(({ attempts }) => attempts > 0).length === 4)
  t.match(rows(webhookId, 'pending').filter(({ attempts }) => attempts > 0), Array(4).fill({ recent: [{ error: 'no answer within 15000 ms', duration: 15_000 }] }))

  first.behave = response => { response.writeHead(307, { location: elsewhere.url }).end() }
  await clock.advance(30_000)
  await settled()
  t.ok(rows(webhookId, 'pending').some(({ recent }) => recent.at(-1)!.error === 'redirects (307) are not followed'))
  t.equal(elsewhere.received.length, 0)

  first.behave = response => { response.socket!.destroy() }
  await pass(60_000)
  t.ok(rows(webhookId, 'pending').every(({ recent }) => /hang up|ECONNRESET|closed/.test(recent.at(-1)!.error ?? '')))

  // It takes what it is told, and goes on about it without end.
  first.behave = response => {
    const more = () => { while (response.write('x'.repeat(16_384)) && !response.destroyed); }
    response.on('drain', more).on('error', () => {})
    more()
  }
  await pass(10 * 60_000)
  t.same(rows(webhookId, 'pending'), [])

  const { port } = first
  await first.close()
  speak(3)
  await pass(HOUR)
  t.equal(rows(webhookId, 'delivered').length, 25)
  t.match(rows(webhookId, 'pending')[0], { state: 'pending' })
  const again = await receive(t, { port, now: clock.now })
  t.equal(again.url, url)
  await pass(HOUR)
  t.same(rows(webhookId, 'pending'), [])
  t.same(rows(webhookId, 'dead'), [])

  const received = [...first.received, ...again.received]
  for (const one of received) t.match(verify(secret, one), { event: 'cache:message' })
  const { bySession, disorder } = told(received)
  t.same(disorder, [])
  t.same(bySession, expected)
  t.same(services.webhooks.list({}, { limit: 1 }).rows[0]!.cursor, services.log.head())
  t.same(errors, [])
})

t.test('one that answers slowly is waited for, and one that has said yes and never ends is not asked again', async t => {
  const receiver = await receive(t)
  const { make, say, rows, clock } = hooked(t)
  const { webhook: { webhookId } } = make({ url: receiver.url })
  const [id] = sessionIds(1) as [string]
  let answer = () => {}
  receiver.behave = response => { answer = () => { response.end('at last') } }
  say(id, 'slow')
  await receiver.until(() => receiver.received.length === 1)
  await clock.advance(14_999)
  answer()
  await eventually(() => rows(webhookId, 'delivered').length === 1)

  receiver.behave = response => { response.write('yes, and') }
  say(id, 'without end')
  await receiver.until(() => receiver.received.length === 2)
  await turns()
  await clock.advance(15_000)
  await eventually(() => rows(webhookId, 'delivered').length === 2)
  t.match(rows(webhookId), [{ attempts: 1, recent: [{ status: 200, duration: 15_000 }] }, { attempts: 1, recent: [{ status: 200, duration: 14_999 }] }])
  t.equal(receiver.received.length, 2)
})

t.test('a session whose event fails holds back that session alone', async t => {
  const receiver = await receive(t)
  const { make, say, rows, settled, pass } = hooked(t)
  const { webhook: { webhookId } } = make({ url: receiver.url })
  const [bad, good] = sessionIds(2) as [string, string]
  receiver.behave = (response, received) => { (received.frame.data.sessionId === bad ? fails : ok)(response, received) }
  for (let n = 0; n < 20; n++) for (const id of [bad, good]) say(id, String(n))
  await eventually(() => rows(webhookId, 'delivered').length === 20)
  await settled()
  t.same(rows(webhookId, 'delivered').filter(({ sessionId }) => sessionId !== good), [])
  t.same(rows(webhookId, 'pending').map(({ attempts }) => attempts), [...Array<number>(19).fill(0), 1])
  receiver.behave = ok
  await pass(6_000)
  t.same(rows(webhookId, 'pending'), [])
  t.same(told(receiver.received).disorder, [])
})

t.test('what fails for a day is given up, each after an attempt at the least; webhook_replay sends it again under its own id', async t => {
  const receiver = await receive(t, { behave: fails })
  const { make, say, rows, pass, services } = hooked(t)
  const { webhook: { webhookId } } = make({ url: receiver.url })
  const [id] = sessionIds(1) as [string]
  const [first, second] = [say(id, 'one'), say(id, 'two')]
  await pass(23 * HOUR)
  t.match(rows(webhookId).map(({ state }) => state), ['pending', 'pending'])
  const { attempts, recent } = rows(webhookId)[1]!
  t.ok(attempts > 40 && attempts < 120, `${attempts} attempts`)
  t.equal(recent.length, 20)
  await pass(HOUR)
  t.match(rows(webhookId), [{ seq: second, state: 'dead', attempts: 1 }, { seq: first, state: 'dead', recent: [{ status: 500, error: 'answered 500' }] }])
  t.match(services.webhooks.list({}, { limit: 1 }).rows, [{ pending: 0, dead: 2 }])

  receiver.behave = ok
  const before = receiver.received.length
  t.equal(services.webhooks.replay(webhookId, second, 'dead').pending, 1)
  await eventually(() => rows(webhookId, 'delivered').length === 1)
  services.webhooks.replay(webhookId, first, 'all')
  await eventually(() => rows(webhookId, 'delivered').length === 2 && receiver.received.length === before + 3)
  t.same(receiver.received.slice(before).map(({ frame: { seq } }) => seq), [second, first, second])
  t.equal(receiver.received.at(-1)!.headers['webhook-id'], `msg_${webhookId}_${second}`)
  t.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 2)
})

t.test('an hour that the other side asks for is given, and no more', async t => {
  const receiver = await receive(t, { behave: response => { response.writeHead(429, { 'retry-after': '7200' }).end() } })
  const { make, say, rows, settled, clock } = hooked(t)
  const { webhook: { webhookId } } = make({ url: receiver.url })
  say(sessionIds(1)[0]!, 'one')
  await eventually(() => rows(webhookId)[0]?.attempts === 1)
  await settled()
  t.equal(rows(webhookId)[0]!.dueAt! - clock.now(), HOUR)
})

t.test('a clock that is set back by a day holds back nothing', async t => {
  const receiver = await receive(t, { behave: response => { response.writeHead(503).end() } })
  let back = 0
  const inner = createTestClock(Date.now())
  const clock = { ...inner, now: () => inner.now() - back }
  const { make, say, rows } = hooked(t, { clock })
  const { webhook: { webhookId } } = make({ url: receiver.url })
  say(sessionIds(1)[0]!, 'one')
  await eventually(() => rows(webhookId)[0]?.attempts === 1)
  back = 24 * HOUR
  receiver.behave = response => { response.end() }
  await clock.advance(5_000)
  await eventually(() => rows(webhookId)[0]!.attempts === 2)
  t.equal(rows(webhookId)[0]!.state, 'delivered')
})

t.test('a receiver that hangs slows no tell, and holds up no other', async t => {
  const { make, services, rows, clock } = hooked(t, { script: { onSend: (process, text) => { queueMicrotask(() => { process.reply(`re: ${text}`) }) } } })
  const hangs = await receive(t, { behave () {} })
  const other = await receive(t, { now: clock.now })
  make({ url: hangs.url })
  const { webhook: { webhookId }, secret } = make({ url: other.url, team: 'echo' })
  for (let n = 0; n < 20; n++) {
    const { tellId } = await services.tells.start({ from: `c${n % 6}`, to: 'echo', message: String(n), caller: 'maker' })
    t.equal((await services.tells.wait(tellId, 0, new AbortController().signal)).how, 'ended')
  }
  const wanted = services.log.read(0, 1000).filter(({ name }) => name !== 'tell:chunk')
  await eventually(() => rows(webhookId, 'delivered').length === wanted.length)
  t.same(other.received.map(({ frame }) => frame.seq).sort((a, b) => a - b), wanted.map(({ seq }) => seq))
  for (const one of other.received) t.same(verify(secret, one), JSON.parse(wanted.find(({ seq }) => seq === one.frame.seq)!.text()))
  t.equal(hangs.received.length, 4)
})
