import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Team } from '../schemas/config.ts'
import { run } from './fixtures/running.ts'
import { listen } from './fixtures/socket-client.ts'

/** Iris with a real agent that asks, and two who listen: one may decide, the other may decide for another team. */
async function lab (t: Test, permissions: Team['permissions'] = 'ask', settings: object = {}) {
  const server = await run(t, { settings, teams: { echo: { permissions }, other: {} } })
  const approver = await listen(t, server, server.makeKey({ name: 'anna', permissions: ['approve'], teams: ['echo'] }))
  const stranger = await listen(t, server, server.makeKey({ name: 'bert', permissions: ['approve'], teams: ['other'] }))
  const rest = async (method: string, path: string, body?: object, key = server.key) => {
    const response = await fetch(`${server.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    return { status: response.status, body: await response.json() as Record<string, unknown> }
  }
  for (const client of [approver, stranger]) {
    client.send('approval:subscribe', { team: '*' }, 's')
    await client.event('result', 's')
  }
  const tell = (message: string) => rest('POST', '/teams/tell', { toTeam: 'echo', fromTeam: 'tester', message, timeout: 0 })
  const write = (name: string) => tell(`!ask Write ${JSON.stringify({ file_path: name, content: 'hello' })}`)
  const requested = async (name: string) => {
    const { data } = await approver.until(({ event, data }) => event === 'approval:requested' && (data.input as Record<string, unknown>).file_path === name)
    return data.approvalId as string
  }
  const file = (name: string) => {
    const path = join(server.home, 'project', name)
    return existsSync(path) && readFileSync(path, 'utf8')
  }
  return { ...server, approver, stranger, rest, write, requested, file }
}

t.test('a file is written only when a person allows it, over REST and WebSocket', async t => {
  const { approver, stranger, rest, write, requested, file, errors } = await lab(t)

  const denied = write('denied.txt')
  const first = await requested('denied.txt')
  t.match(await rest('GET', '/approvals?state=pending'), { status: 200, body: { approvals: [{ approvalId: first, team: 'echo', tool: 'Write', state: 'pending' }] } })
  t.match(await rest('GET', '/teams/echo/status'), { body: { state: 'waiting' } })
  t.match(await rest('POST', `/approvals/${first}`, { decision: 'deny', reason: 'not today' }), { status: 200, body: { state: 'denied', by: 'key:admin' } })
  t.match(await denied, { status: 200, body: { response: 'echo: denied: not today' } })
  t.equal(file('denied.txt'), false)
  t.match(await rest('POST', `/approvals/${first}`, { decision: 'allow' }), { status: 409, body: { error: 'ApprovalDecidedError', details: { state: 'denied' } } })

  const allowed = write('allowed.txt')
  const second = await requested('allowed.txt')
  t.equal(file('allowed.txt'), false)
  stranger.send('approval_answer', { approvalId: second, decision: 'allow' }, 'x')
  t.match((await stranger.event('error', 'x')).data, { error: 'ForbiddenError' })
  approver.send('approval_answer', { approvalId: second, decision: 'allow' }, 'a')
  t.match((await approver.event('result', 'a')).data, { state: 'allowed', by: 'key:anna' })
  t.match(await allowed, { body: { response: 'echo: allowed: Write' } })
  t.equal(file('allowed.txt'), 'hello')

  const edited = write('asked.txt')
  t.match(await rest('POST', `/approvals/${await requested('asked.txt')}`, { decision: 'allow_session', input: { file_path: 'edited.txt', content: 'better' } }), { status: 200 })
  await edited
  t.equal(file('asked.txt'), false)
  t.equal(file('edited.txt'), 'better')

  await write('unasked.txt')
  t.equal(file('unasked.txt'), 'hello', 'the rest of the session is not asked about')
  t.match((await approver.until(({ event, data }) => event === 'approval:resolved' && data.by === 'policy')).data, { rule: /allow_session/ })
  t.same(approver.frames.filter(({ event }) => event.startsWith('approval:')).map(({ event }) => event),
    [...Array.from({ length: 3 }, () => ['approval:requested', 'approval:resolved']).flat(), 'approval:resolved'], 'each once, and nothing else')
  t.notOk(stranger.frames.some(({ event }) => event.startsWith('approval:')), 'who does not reach the team hears nothing')
  t.same(errors, [])
})

t.test('a rule writes without a person, the deadline denies without one', async t => {
  const { write, file, rest } = await lab(t, { rules: [{ tool: 'Write', path: '*.md', then: 'allow' }], otherwise: 'ask' }, { approvalTimeout: 50 })
  t.match(await write('a.md'), { body: { response: 'echo: allowed: Write' } })
  t.equal(file('a.md'), 'hello')
  t.match(await write('../a.md'), { body: { response: /denied: Nobody decided within 50 ms/ } })
  t.equal(file('../a.md'), false)
  t.match((await rest('GET', '/approvals')).body.approvals as object[], [{ state: 'expired', by: 'deadline' }, { state: 'allowed', by: 'policy', rule: 'rule 1: Write *.md: allow' }])
})

t.test('who hears the session too hears each question once, and nothing after unsubscribing or without the permission', async t => {
  const { url, key, services, rest, write, requested, makeKey } = await lab(t)
  const { id } = services.sessions.open('tester', 'echo')
  const both = await listen(t, { url, key } as Parameters<typeof listen>[1])
  for (const [event, data] of [['cache:subscribe', { sessionId: id }], ['approval:subscribe', { team: 'echo' }], ['approval:subscribe', { team: '*' }]] as const) both.send(event, data, event)
  const reader = await listen(t, { url, key } as Parameters<typeof listen>[1], makeKey({ permissions: ['status', 'cache:read'] }))
  reader.send('approval:subscribe', { team: '*' }, 'no')
  t.match((await reader.event('error', 'no')).data, { error: 'ForbiddenError' })
  both.send('approval:subscribe', { team: 'nobody' }, 'none')
  t.match((await both.event('error', 'none')).data, { error: 'TeamNotFoundError' })

  const told = write('a.txt')
  await rest('POST', `/approvals/${await requested('a.txt')}`, { decision: 'deny' })
  await told
  await both.event('approval:resolved')
  t.equal(both.frames.filter(({ event }) => event.startsWith('approval:')).length, 2)

  for (const team of ['echo', '*']) both.send('approval:unsubscribe', { team }, 'u')
  both.send('cache:unsubscribe', { sessionId: id }, 'last')
  await both.event('result', 'last')
  const again = write('b.txt')
  await rest('POST', `/approvals/${await requested('b.txt')}`, { decision: 'deny' })
  await again
  t.equal(both.frames.filter(({ event }) => event.startsWith('approval:')).length, 2)
})
