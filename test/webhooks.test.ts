import t from 'tap'
import type { Call, Caller } from '../src/tool.ts'
import { webhookCreate } from '../src/tools/webhook-create.ts'
import { webhookDeliveries } from '../src/tools/webhook-deliveries.ts'
import { webhookList } from '../src/tools/webhook-list.ts'
import { webhookTest } from '../src/tools/webhook-test.ts'
import { eventually, hooked, sessionIds } from './fixtures/hooked.ts'
import { receive, verify } from './fixtures/receiver.ts'
import { never } from './fixtures/running.ts'
import { createTestClock } from './fixtures/test-clock.ts'
import { scratch } from './fixtures/wired.ts'

const caller = (teams: string[] | null, name = 'maker'): Caller => ({ name, self: name, permissions: new Set(['admin'] as const), teams: teams && new Set(teams), as: null })
const DAY = 86_400_000

t.test('a webhook is told of its team, its events and its session, and of nothing before it was made', async t => {
  const receiver = await receive(t)
  const { make, say, rows, services, errors } = hooked(t, { teams: { other: {} } })
  const [one, two, elsewhere] = sessionIds(3) as [string, string, string]
  say(one, 'before')
  const all = make({ url: receiver.url }).webhook.webhookId
  const team = make({ url: receiver.url, team: 'other' }).webhook.webhookId
  const session = make({ url: receiver.url, team: 'echo', session: two }).webhook.webhookId
  const events = make({ url: receiver.url, events: ['process:spawned'] }).webhook.webhookId
  const said = [say(one, 'a'), say(two, 'b'), say(elsewhere, 'c', 'other')]
  const spawned = services.log.append({ event: 'process:spawned', data: { sessionId: one, team: 'echo', pid: 1 } })[0]!.seq
  services.log.append({ event: 'tell:chunk', data: { sessionId: one, team: 'echo', tellId: one, offset: 0, chunk: 'x' } })
  const seqs = (id: string) => rows(id, 'delivered').map(({ seq }) => seq).sort((a, b) => a - b)
  await eventually(() => receiver.received.length === 7 && [all, team, session, events].flatMap(seqs).length === 7)
  t.same(seqs(all), [...said, spawned])
  t.same(seqs(team), [said[2]])
  t.same(seqs(session), [said[1]])
  t.same(seqs(events), [spawned])
  t.same(errors, [])
})

t.test('a key makes webhooks of the teams that it reaches, and sees no others', async t => {
  const { services } = hooked(t, { teams: { other: {} } })
  const call = (teams: string[] | null): Call => ({ ...services, caller: caller(teams), signal: never, emit () {}, charge () {} })
  const url = 'https://example.com/hook'
  await t.rejects(webhookCreate.run({ url, team: '*' }, call(['echo'])), { name: 'ForbiddenError' })
  await t.rejects(webhookCreate.run({ url, team: 'other' }, call(['echo'])), { name: 'ForbiddenError' })
  await t.rejects(webhookCreate.run({ url, team: 'nobody' }, call(null)), { name: 'TeamNotFoundError' })
  await t.rejects(webhookCreate.run({ url, team: 'echo', session: sessionIds(1)[0] }, call(null)), { name: 'SessionNotFoundError' })
  await t.rejects(webhookCreate.run({ url, team: 'echo', session: services.sessions.open('a', 'other').id }, call(null)), { name: 'ValidationError', message: /not one of the team 'echo'/ })
  await t.rejects(webhookCreate.run({ url, team: 'echo', events: ['tell:chunk'] }, call(null)), { name: 'ValidationError' })
  await t.rejects(webhookCreate.run({ url: 'http://[::1]/', team: 'echo' }, call(null)), { name: 'ValidationError', message: /no public address/ })

  const own = await webhookCreate.run({ url, team: 'echo' }, call(['echo']))
  t.match(own, { state: 'active', team: 'echo', createdBy: 'maker', secret: /^whsec_[\w+/]{43}=$/ })
  const all = await webhookCreate.run({ url, team: '*' }, call(null))
  const listed = async (teams: string[] | null) => (await webhookList.run({}, call(teams))).webhooks as { webhookId: string }[]
  t.same((await listed(['echo'])).map(({ webhookId }) => webhookId), [own.webhookId])
  t.same((await listed(null)).map(({ webhookId }) => webhookId), [all.webhookId, own.webhookId])
  t.notOk((await listed(null)).some(one => 'secret' in one), 'secrets are shown once')
  await t.rejects(webhookDeliveries.run({ webhookId: all.webhookId }, call(['echo'])), { name: 'ForbiddenError' })
  await t.rejects(webhookTest.run({ webhookId: own.webhookId }, call(['other'])), { name: 'ForbiddenError' })
})

t.test('a webhook hears no more than the key that made it may hear now; what it may not hear yet waits in the log', async t => {
  const receiver = await receive(t)
  const key = { name: 'boss', key: 'sha256:'.padEnd(71, 'a'), permissions: ['admin' as const] }
  const { make, say, services, clock } = hooked(t, { api: { apiKeys: [key] } })
  const apiKeys = (...apiKeys: object[]) => { services.reconfigure({ ...services.config(), api: { ...services.config().api, apiKeys: apiKeys as [] } }) }
  make({ url: receiver.url, owner: 'boss' })
  const [id] = sessionIds(1) as [string]
  const state = () => services.webhooks.list({}, { limit: 1 }).rows[0]!.state
  say(id, 'heard')
  await receiver.until(() => receiver.received.length === 1)

  for (const now of [[], [{ ...key, teams: ['echo'] }], [{ ...key, permissions: ['status', 'cache:read'] }], [{ ...key, expires: '2001-01-01' }]]) {
    apiKeys(...now)
    t.equal(state(), 'stopped')
    say(id, 'not heard')
    await clock.advance(120_000)
    t.equal(receiver.received.length, 1)
  }
  apiKeys(key)
  t.equal(state(), 'active')
  await clock.advance(60_000)
  await receiver.until(() => receiver.received.length === 5)
})

t.test('while a secret is replaced both sign, then the new one alone', async t => {
  const { make, say, services, clock, rows } = hooked(t)
  const receiver = await receive(t, { now: clock.now })
  const { webhook: { webhookId }, secret: old } = make({ url: receiver.url })
  const next = async () => {
    say(sessionIds(1)[0]!, 'x')
    const { length } = receiver.received
    await receiver.until(() => receiver.received.length > length)
    await eventually(() => rows(webhookId, 'pending').length === 0)
    return receiver.received.at(-1)!
  }
  verify(old, await next())
  const { secret, previousUntil } = services.webhooks.rotate(webhookId, DAY)
  t.not(secret, old)
  t.equal(previousUntil, clock.now() + DAY)
  t.equal(services.webhooks.list({}, { limit: 1 }).rows[0]!.previousUntil, previousUntil)
  const both = await next()
  verify(old, both)
  verify(secret, both)
  await clock.advance(DAY)
  const alone = await next()
  verify(secret, alone)
  t.throws(() => verify(old, alone), { message: /No matching signature/ })
  t.throws(() => verify(secret, { ...alone, body: alone.body.replace('x', 'y') }), { message: /No matching signature/ })
})

t.test('Slack and Discord are told a sentence that can address nobody and is not too long', async t => {
  const receiver = await receive(t)
  const { make, services } = hooked(t)
  make({ url: receiver.url, format: 'slack' })
  make({ url: receiver.url, format: 'discord' })
  const [id] = sessionIds(1) as [string]
  const complete = (response: string) => services.log.append({ event: 'tell:complete', data: { tellId: id, sessionId: id, team: 'echo', from: 'a', response, duration: 1 } })
  const bodies = async (count: number) => {
    await receiver.until(() => receiver.received.length === count)
    const last = receiver.received.slice(-2).map(({ body }) => JSON.parse(body) as { text?: string, content?: string, allowed_mentions?: object })
    return { slack: last.find(({ text }) => text !== undefined)!, discord: last.find(({ content }) => content !== undefined)! }
  }
  complete('<!channel> a & b <@U1> **bold** @everyone [x](http://e.vil)')
  const { slack, discord } = await bodies(2)
  t.same(slack, { text: 'echo answers a: &lt;!channel&gt; a &amp; b &lt;@U1&gt; **bold** @everyone [x](http://e.vil)' })
  t.same(discord, { content: 'echo answers a: \\<!channel\\> a & b \\<\\@U1\\> \\*\\*bold\\*\\* \\@everyone \\[x\\]\\(http://e.vil\\)', allowed_mentions: { parse: [] } })
  for (const char of ['<', '*', '😀']) {
    const before = receiver.received.length
    complete(char.repeat(100_000))
    const long = await bodies(before + 2)
    t.ok(long.slack.text!.length <= 4000 && long.discord.content!.length <= 2000)
    t.match(long.slack.text, /(&lt;|\*|😀)…$/u)
    t.match(long.discord.content, /(\\<|\\\*|😀)…$/u)
  }
})

t.test('webhook_test says what came of it, and leaves nothing behind', async t => {
  const receiver = await receive(t)
  const { make, services, rows } = hooked(t)
  const { webhook: { webhookId }, secret } = make({ url: receiver.url })
  const call: Call = { ...services, caller: caller(null), signal: never, emit () {}, charge () {} }
  t.match(await webhookTest.run({ webhookId }, call), { webhookId, delivered: true, status: 200, deliveryId: receiver.received[0]!.headers['webhook-id'] })
  t.same(verify(secret, receiver.received[0]!), { event: 'webhook:test', data: { webhookId, team: '*' } })
  receiver.behave = response => { response.writeHead(503).end() }
  t.match(await webhookTest.run({ webhookId }, call), { delivered: false, status: 503, error: 'answered 503' })
  await receiver.close()
  t.match(await webhookTest.run({ webhookId }, call), { delivered: false, error: /ECONNREFUSED/ })
  t.same(rows(webhookId), [])
})

t.test('what the log does not hold any more is given up, and holds back nothing', async t => {
  const receiver = await receive(t, { behave: response => { response.writeHead(500).end() } })
  const { make, say, services, rows, pass } = hooked(t)
  const { webhook: { webhookId } } = make({ url: receiver.url })
  const id = services.sessions.open('a', 'echo').id
  say(id, 'gone')
  await eventually(() => rows(webhookId)[0]?.attempts === 1)
  services.cache.clear(id)
  receiver.behave = response => { response.end() }
  const kept = say(id, 'kept')
  await pass(10_000)
  t.match(rows(webhookId), [{ seq: kept, state: 'delivered' }, { state: 'dead', recent: [{ status: 500 }, { error: 'the log does not hold this event any more' }] }])
})

t.test('a replay goes back before the webhook was made', async t => {
  const receiver = await receive(t)
  const { make, say, services } = hooked(t)
  const [id] = sessionIds(1) as [string]
  const past = Array.from({ length: 250 }, (_, n) => say(id, String(n)))
  const { webhook: { webhookId } } = make({ url: receiver.url })
  services.webhooks.replay(webhookId, past[20]!, 'all')
  await receiver.until(() => receiver.received.length === 230)
  t.same(receiver.received.map(({ frame: { seq } }) => seq), past.slice(20))
})

t.test('one that is deleted is told nothing more, with what was on its way ended', async t => {
  const receiver = await receive(t, { behave () {} })
  const { make, say, services, errors } = hooked(t)
  const { webhook: { webhookId } } = make({ url: receiver.url })
  const [id] = sessionIds(1) as [string]
  for (let n = 0; n < 3; n++) say(id, String(n))
  await receiver.until(() => receiver.received.length === 1)
  services.webhooks.remove(webhookId)
  await eventually(() => services.store.webhooks.all().length === 0)
  say(id, 'more')
  receiver.behave = response => { response.end() }
  const { webhook } = make({ url: receiver.url, team: 'echo' })
  const last = say(id, 'last')
  await receiver.until(() => receiver.received.length === 2)
  t.equal(receiver.received[1]!.frame.seq, last)
  t.throws(() => services.webhooks.get(webhookId), { name: 'WebhookNotFoundError' })
  t.equal(services.webhooks.get(webhook.webhookId).team, 'echo')
  t.same(errors, [])
})

t.test('a stop waits a moment for what is on its way; the rest is told after the next start', async t => {
  const home = scratch(t)
  const receiver = await receive(t, { behave () {} })
  const clock = createTestClock(Date.now())
  const first = hooked(t, { home, clock })
  first.make({ url: receiver.url })
  const [id] = sessionIds(1) as [string]
  const seqs = [first.say(id, 'one'), first.say(id, 'two')]
  await receiver.until(() => receiver.received.length === 1)
  let stopped = false
  const stop = first.services.webhooks.stop().then(() => { stopped = true })
  await clock.advance(1_999)
  t.notOk(stopped)
  await clock.advance(1)
  await stop
  await first.services.close()
  receiver.behave = response => { response.end() }
  hooked(t, { home, clock })
  await receiver.until(() => receiver.received.length === 3)
  t.same(receiver.received.map(({ frame: { seq } }) => seq), [seqs[0], ...seqs])
  t.equal(receiver.received[0]!.headers['webhook-id'], receiver.received[1]!.headers['webhook-id'])
})
