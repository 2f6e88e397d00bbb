import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { ErrorBody } from '../schemas/error.ts'
import type { KeyGrant } from '../schemas/key.ts'
import type { Tell } from '../schemas/tell.ts'
import type { Kind } from '../src/agent/agent.ts'
import { KINDS } from '../src/agent/kinds.ts'
import { startStreamJson } from '../src/agent/stream-json.ts'
import { root } from './fixtures/root.ts'
import { never, run } from './fixtures/running.ts'

type Body = Tell & ErrorBody & { async: boolean }

/** A kind without a pipe of its own: its program calls over HTTP. */
const KEYED = fileURLToPath(new URL('./fixtures/keyed-agent.js', import.meta.url))
const keyed: Kind = {
  environment: () => [],
  create: options => ({ start: start => startStreamJson({ command: process.execPath, args: [KEYED], cwd: start.cwd, env: start.env }, start, options) })
}
;(KINDS as Map<string, Kind>).set('keyed', keyed)

/** Teams a to d of echo agents, which call Iris over their own pipes, and one of agents with a key. */
async function world (t: Test, { teams = {}, ...config }: Parameters<typeof run>[1] = {}) {
  const server = await run(t, { teams: { a: {}, b: {}, c: {}, d: {}, keyed: { agent: 'keyed', permissions: 'ask' }, ...teams }, ...config })
  async function tell (toTeam: string, message: string, { fromTeam = 'user', key = server.key, timeout = 0 } = {}) {
    const response = await fetch(`${server.url}/api/teams/tell`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ toTeam, fromTeam, message, timeout })
    })
    return await response.json() as Body
  }
  return {
    ...server,
    tell,
    /** What a team's agent is answered when it calls a tool in a turn of its own. */
    calls: async (team: string, tool: string, input: object, how: Parameters<typeof tell>[2] = {}) => said(await tell(team, call(tool, input), how)),
    grant: (grant: Partial<KeyGrant> = {}) => server.makeKey({ permissions: ['tell', 'status', 'wake'], ...grant }),
    tellsTo: (to: string) => server.services.store.tells.list({ to }, { limit: 10 }).rows,
    /** Resolves when the team's agent says something. */
    speaks: (team: string) => new Promise<void>(resolve => {
      const leave = server.services.log.subscribe('all', published => {
        if (published.name !== 'tell:chunk' || published.team !== team) return
        leave()
        resolve()
      })
    })
  }
}

const sender = ({ url, key }: { url: string, key: string }) => async (method: string, path: string, body?: object) => {
  const response = await fetch(`${url}/api${path}`, {
    method, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, ...(body !== undefined && { body: JSON.stringify(body) })
  })
  return { status: response.status, body: await response.json() as Body }
}

const call = (tool: string, input: object) => `!call ${tool} ${JSON.stringify(input)}`
/** A message that has one team tell another, that the next, and so on. */
const onwards = (...teams: string[]) => teams.reduceRight((message, toTeam) => call('team_tell', { toTeam, message }), 'hello')
const said = ({ response }: Pick<Body, 'response'>) => JSON.parse(response.replace(/^echo: /, '')) as Body
const nested = (answer: Body, depth: number): Body => depth === 0 ? answer : nested(said(answer), depth - 1)

t.test('an agent tells another team over its own pipe, as its team, below the tell that it works on', async t => {
  const { tell, tellsTo, services, errors } = await world(t)
  const told = await tell('a', onwards('b', 'c'))
  t.match(nested(told, 1), { from: 'a', to: 'b', state: 'completed' })
  t.match(nested(told, 2), { from: 'b', to: 'c', response: 'echo: hello' })
  const [toA] = tellsTo('a')
  const [toB] = tellsTo('b')
  const [toC] = tellsTo('c')
  t.match(toA, { caller: 'admin', parentId: null, depth: 0 })
  t.match(toB, { caller: `agent:a:${toA!.sessionId}`, parentId: toA!.id, rootId: toA!.id, depth: 1 })
  t.match(toC, { caller: `agent:b:${toB!.sessionId}`, parentId: toB!.id, rootId: toA!.id, depth: 2 })
  const trail = services.audit.list({ limit: 10 }).rows.filter(({ tool }) => tool === 'team_tell')
  t.match(trail.find(({ team }) => team === 'b'), { caller: toB!.caller, via: 'agent', address: null, outcome: 'ok', tellId: toB!.id })
  t.same(errors, [])
})

t.test('it is offered what it may ever do, and anything else is refused', async t => {
  const { tell, calls } = await world(t)
  const { response } = await tell('a', '!tools')
  t.same(response.replace('echo: ', '').split(' ').sort(), ['event_list', 'session_fork', 'session_list', 'system_status', 'team_list', 'team_status', 'team_tell', 'team_wake', 'team_wake_all', 'tell_cancel', 'tell_get', 'tell_list'])
  const id = '00000000-0000-4000-8000-000000000000'
  for (const [tool, input] of [
    ['cache_read', { sessionId: id }], ['session_reset', { sessionId: id }], ['team_sleep', { teamName: 'b' }],
    ['approval_list', {}], ['approval_answer', { approvalId: id, decision: 'allow' }],
    ['key_create', { keyName: 'more', permissions: ['admin'] }], ['key_rotate', { keyName: 'admin' }], ['key_list', {}]
  ] as const) t.match(await calls('a', tool, input), { error: 'ForbiddenError', statusCode: 403 }, tool)
  t.match(await calls('a', 'thing_make', {}), { message: /Unknown tool/ })
  const { response: variables } = await tell('a', '!env')
  t.same(variables.replace('echo: ', '').split(' ').filter(name => /IRIS/.test(name)), ['IRIS_CHILD', 'IRIS_OWNER'], 'and it needs no key')
})

t.test('it speaks as its team and as nobody else', async t => {
  const { calls, tellsTo } = await world(t)
  t.match(await calls('a', 'team_tell', { toTeam: 'b', fromTeam: 'a', message: 'hi' }), { from: 'a', response: 'echo: hi' })
  t.match(await calls('a', 'team_tell', { toTeam: 'b', fromTeam: 'c', message: 'hi' }), { error: 'ForbiddenError', message: /may not speak as 'c'/ })
  t.equal(tellsTo('b').length, 1)
})

t.test('it reaches no team that who told it does not reach, nor by way of another', async t => {
  const { calls, tell, grant } = await world(t)
  const narrow = grant({ name: 'narrow', teams: ['a', 'b'] })
  t.match(await calls('a', 'team_tell', { toTeam: 'b', message: 'hi' }, { key: narrow }), { response: 'echo: hi' })
  t.match(await calls('a', 'team_tell', { toTeam: 'c', message: 'hi' }, { key: narrow }), { error: 'ForbiddenError', message: /does not reach the team 'c'/ })
  t.match(nested(await tell('a', onwards('b', 'c'), { key: narrow }), 2), { error: 'ForbiddenError' })
  t.match(await calls('a', 'team_list', {}, { key: narrow }), { teams: [{ name: 'a' }, { name: 'b' }], totalTeams: 2 })
  t.match(await calls('a', 'team_tell', { toTeam: 'c', message: 'hi' }), { response: 'echo: hi' }, 'the same agent, told by another')

  const mute = grant({ permissions: ['tell'] })
  t.match(await calls('a', 'team_wake', { teamName: 'b' }, { key: mute }), { error: 'ForbiddenError', message: /lacks the permission 'wake'/ })
})

t.test('`reach` of a team says whom its agent may tell, also by way of others; false is nobody', async t => {
  const { calls, tell } = await world(t, { teams: { a: { reach: ['b'] }, d: { reach: false } } })
  t.match(await calls('a', 'team_tell', { toTeam: 'b', message: 'hi' }), { response: 'echo: hi' })
  t.match(await calls('a', 'team_tell', { toTeam: 'c', message: 'hi' }), { error: 'ForbiddenError' })
  t.match(nested(await tell('a', onwards('b', 'c')), 2), { error: 'ForbiddenError' })
  t.match(nested(await tell('b', onwards('c')), 1), { response: 'echo: hello' })
  t.equal((await tell('d', '!tools')).response, 'echo: there are no tools on this pipe')
})

t.test('a key that is revoked takes the rights of all along that work on what it told', async t => {
  const { tell, grant, services, tellsTo, speaks } = await world(t)
  const busy = speaks('b')
  void tell('b', '!hang', { fromTeam: 'a' })
  await busy
  const queued = new Promise<void>(resolve => { services.log.subscribe('all', ({ name, team }) => { if (name === 'tell:started' && team === 'b') resolve() }) })
  const told = tell('a', onwards('b', 'c'), { key: grant({ name: 'passing' }) })
  await queued
  services.keys.revoke('passing')
  await services.tells.cancel(tellsTo('b').at(-1)!.id, 'by the test')
  t.match(nested(await told, 2), { error: 'ForbiddenError', message: /lacks the permission 'tell'/ })
  t.same(tellsTo('c'), [])
})

t.test('two teams that tell each other in a circle hear so within a second', async t => {
  const { tell } = await world(t)
  await Promise.all(['a', 'b'].map(team => tell(team, 'wake up')))
  const first = await tell('a', onwards('b'))
  t.match(nested(first, 1), { state: 'completed' })
  const began = performance.now()
  const circle = await tell('a', onwards('b', 'a'))
  t.ok(performance.now() - began < 1_000)
  t.match(nested(circle, 2), { error: 'DeadlockError', statusCode: 409, details: { circle: ['a', 'b', 'a'] } })
  t.match(circle, { state: 'completed' }, 'and everybody goes on')
})

t.test('where several agents of a team are in their turns, it is known which one tells, and what it told is its own', async t => {
  const { tell, calls, services, speaks } = await world(t)
  const busy = speaks('a')
  const other = tell('a', '!hang', { fromTeam: 'y', timeout: 1 })
  await busy
  const told = await tell('a', call('team_tell', { toTeam: 'b', message: 'hi', timeout: -1 }), { fromTeam: 'x' })
  const { tellId } = said(told)
  t.equal(services.tells.get(tellId).parentId, told.tellId)
  t.match(await other, { error: 'TellTimeoutError' })
  t.match(await calls('a', 'tell_get', { tellId, wait: 60_000 }, { fromTeam: 'x' }), { response: 'echo: hi' })
  t.match(await calls('a', 'tell_get', { tellId }, { fromTeam: 'z' }), { error: 'ForbiddenError' }, 'another agent of the team reads it not')
  t.match(await calls('a', 'tell_list', {}, { fromTeam: 'z' }), { tells: [] })
  t.match(await calls('b', 'tell_cancel', { tellId }), { error: 'ForbiddenError' })
})

t.test('its calls are limited like those of a key, and count for itself', async t => {
  const { calls, grant, errors } = await world(t, { api: { rateLimit: { max: 3, window: 900_000, tells: 2, tellWindow: 60_000 } } })
  const tellers = [0, 1].map(() => grant({ rateLimit: 100 }))
  const onward = (key: string | undefined) => calls('a', 'team_tell', { toTeam: 'b', message: 'hi' }, { key: key! })
  t.match(await onward(tellers[0]), { response: 'echo: hi' })
  t.match(await onward(tellers[0]), { response: 'echo: hi' })
  t.match(await onward(tellers[1]), { error: 'RateLimitedError', message: /More than 2 tells/, details: { limit: 2 } })
  t.match(await onward(tellers[1]), { code: 429, message: /More than 3 requests/, data: { error: 'RateLimitedError' } })
  t.same(errors, [])
})

t.test('when its turn is stopped, its wait ends, and what it told goes on', async t => {
  const { tell, services, speaks, tellsTo } = await world(t)
  const later = speaks('b')
  const told = tell('a', call('team_tell', { toTeam: 'b', message: '!slow 3 100 later' }))
  await later
  await services.tells.cancel(tellsTo('a')[0]!.id, 'by the test')
  t.match(await told, { error: 'TellCancelledError' })
  const { id } = tellsTo('b')[0]!
  await services.tells.wait(id, 0, never)
  t.match(services.tells.get(id), { state: 'completed', response: 'later' })
  t.match(await tell('a', 'and now?'), { response: 'echo: and now?' })
})

t.test('an agent without a pipe has a key, by which it is its team while its process lives', async t => {
  const { url, tell, grant, services, errors } = await world(t)
  const told = await tell('keyed', JSON.stringify(['POST', '/api/teams/tell', { toTeam: 'b', message: 'hi' }]))
  const { status, body } = JSON.parse(told.response) as { status: number, body: Tell }
  t.match({ status, body }, { status: 200, body: { from: 'keyed', response: 'echo: hi' } })
  t.match(services.tells.get(body.tellId), { caller: `agent:keyed:${told.sessionId}`, parentId: told.tellId, depth: 1 })
  const refused = async (request: unknown, how = {}) => t.match(JSON.parse((await tell('keyed', JSON.stringify(request), how)).response), { status: 403, body: { error: 'ForbiddenError' } })
  await refused(['POST', '/api/teams/tell', { toTeam: 'b', fromTeam: 'a', message: 'hi' }])
  await refused(['POST', '/api/teams/tell', { toTeam: 'b', message: 'hi' }], { key: grant({ teams: ['keyed'] }) })
  await refused(['GET', `/api/cache/${told.sessionId}`])

  const access = JSON.parse((await tell('keyed', '"key"')).response) as { url: string, key: string }
  t.equal(access.url, url)
  const send = sender(access)
  t.match(await send('POST', '/teams/tell', { toTeam: 'b', message: 'hi' }), { status: 403 }, 'while it works on nothing it tells nobody')
  t.match(await send('GET', '/teams'), { status: 200, body: { teams: [{ name: 'keyed' }], totalTeams: 1 } }, 'and sees itself alone')
  t.notMatch(JSON.stringify([services.keys.list(), services.store.keys.list()]), /agent:/, 'the key is kept nowhere')

  await services.pool.sleep(told.sessionId, 'by the test')
  t.match(await send('GET', '/teams'), { status: 401 })
  const next = JSON.parse((await tell('keyed', '"key"')).response) as { key: string }
  t.not(next.key, access.key, 'the next process has another')
  t.match(await send('GET', '/teams'), { status: 401 })
  t.same(errors, [])
})

t.test('what an agent runs in its shell finds Iris by its environment: the command line speaks as its team', async t => {
  const args = [join(root, 'dist/bin/iris.js'), 'tell', 'b', '{message}']
  const { tell, tellsTo } = await world(t, { teams: { shell: { agent: 'command', command: process.execPath, args } } })
  const told = await tell('shell', 'from the shell')
  t.match(told, { state: 'completed', response: 'echo: from the shell' })
  t.match(tellsTo('b'), [{ from: 'shell', caller: `agent:shell:${told.sessionId}`, parentId: told.tellId }])
})

t.test('an agent decides no question, its own neither', async t => {
  const { tell, calls, services } = await world(t)
  const approve = sender(JSON.parse((await tell('keyed', '"key"')).response) as { url: string, key: string })
  const asked = new Promise<string>(resolve => {
    services.log.subscribe('all', ({ event }) => { if (event.event === 'approval:requested') resolve(event.data.approvalId) })
  })
  const told = tell('keyed', JSON.stringify(['question', ['GET', '/api/approvals']]))
  const id = await asked
  t.match(await approve('POST', `/approvals/${id}`, { decision: 'allow' }), { status: 403, body: { error: 'ForbiddenError' } }, 'by the key of who asks')
  t.match(await calls('a', 'approval_answer', { approvalId: id, decision: 'allow' }), { error: 'ForbiddenError' })
  t.match(services.approvals.get(id), { state: 'pending' })
  services.approvals.answer(id, { decision: 'deny' }, 'test')
  t.match(JSON.parse((await told).response), { calls: [{ status: 403 }], decided: { behavior: 'deny' } })
})
