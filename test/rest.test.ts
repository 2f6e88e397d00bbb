import t from 'tap'
import { never, run } from './fixtures/running.ts'

type Body = Record<string, unknown>

t.test('the REST calls of the README, as they are', async t => {
  const server = await run(t, { teams: { backend: { description: 'Backend services' } } })
  const ask = async (method: string, path: string, body?: string) => {
    const response = await fetch(`${server.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${server.key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body })
    })
    return { status: response.status, headers: response.headers, body: await response.json() as Body }
  }
  const fields = (body: Body, ...names: string[]) => { t.same(Object.keys(body).sort(), [...names, 'timestamp'].sort()) }

  const told = await ask('POST', '/teams/tell', '{ "toTeam": "backend", "message": "What is the API status?", "fromTeam": "frontend", "timeout": 30000 }')
  t.equal(told.status, 200)
  fields(told.body, 'tellId', 'sessionId', 'from', 'to', 'message', 'state', 'response', 'duration', 'async', 'usage')
  t.match(told.body, { from: 'frontend', to: 'backend', message: 'What is the API status?', response: 'echo: What is the API status?', async: false, state: 'completed' })
  const sessionId = told.body.sessionId as string

  const woken = await ask('POST', '/teams/backend/wake')
  fields(woken.body, 'team', 'status', 'sessionId', 'pid', 'duration')
  t.match(woken.body, { team: 'backend', status: 'awake' })
  t.not(woken.body.sessionId, sessionId, 'another speaker has another session')

  const all = await ask('POST', '/teams/wake-all')
  fields(all.body, 'results', 'totalTeams', 'awakeTeams', 'failedTeams', 'duration')
  t.match(all.body, { totalTeams: 2, awakeTeams: 2, failedTeams: 0 })

  const status = await ask('GET', '/teams/backend/status')
  t.match(status.body, { team: 'backend', awake: true, state: 'idle', since: Number, sessions: [{ from: String }, { from: String }] })

  const teams = await ask('GET', '/teams?includeProcessDetails=true')
  fields(teams.body, 'teams', 'totalTeams', 'awakeTeams', 'asleepTeams')
  const backend = (teams.body.teams as Body[]).find(({ name }) => name === 'backend')!
  t.match(backend, { status: 'awake', config: { path: String, description: 'Backend services' }, process: { messageCount: Number } })
  t.ok((backend.process as { messageCount: number }).messageCount >= 3)

  const system = await ask('GET', '/status')
  fields(system.body, 'sessions', 'processes', 'tells', 'uptime', 'version')
  t.match(system.body, { sessions: { total: 3, active: 3 }, processes: { total: 3, maxProcesses: 10 }, tells: { running: 0, queued: 0 } })

  for (const path of [`/cache/${sessionId}`, `/cache/${sessionId}/read?includeMessages=true`]) {
    const cache = await ask('GET', path)
    fields(cache.body, 'sessionId', 'entries', 'stats')
    const entries = cache.body.entries as Body[]
    t.same(entries.map(({ type }) => type), ['user', 'system', 'assistant', 'result'])
    t.match(cache.body.stats, { entries: entries.length })
  }
  t.same((await ask('GET', `/cache/${sessionId}?includeMessages=false`)).body.entries, [])

  const cleared = await ask('DELETE', `/cache/${sessionId}`)
  fields(cleared.body, 'sessionId', 'cleared')
  t.match(cleared.body, { cleared: 4 })
  t.match((await ask('GET', `/cache/${sessionId}`)).body, { entries: [], stats: { entries: 0 } })

  const slept = await ask('POST', '/teams/backend/sleep', '{"force": false}')
  fields(slept.body, 'team', 'status', 'duration')
  t.match(slept.body, { team: 'backend', status: 'asleep' })
  t.match((await ask('GET', '/teams/backend/status')).body, { awake: false, state: 'asleep' })

  for (const header of ['ratelimit-limit', 'ratelimit-remaining', 'x-request-id', 'content-security-policy', 'x-content-type-options']) t.ok(slept.headers.get(header), header)
  t.same(server.errors, [])
})

t.test('a caller that stops waiting gets 408 with the id, and finds the answer later', async t => {
  const server = await run(t)
  const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }
  const response = await fetch(`${server.url}/api/teams/tell`, { method: 'POST', headers, body: JSON.stringify({ toTeam: 'echo', message: '!slow 10 20 one two three', timeout: 1 }) })
  t.equal(response.status, 408)
  const body = await response.json() as { error: string, details: { tellId: string, sessionId: string, response: string } }
  t.match(body, { error: 'TellTimeoutError', details: { tellId: String, sessionId: String, response: String } })
  const later = await fetch(`${server.url}/api/tells/${body.details.tellId}?wait=30000`, { headers })
  t.match(await later.json(), { state: 'completed', response: 'one two three' })
})

t.test('a caller that does not wait gets the id at once, and one that hangs up cancels nothing', async t => {
  const server = await run(t)
  const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }
  const tell = (body: object, signal?: AbortSignal) => fetch(`${server.url}/api/teams/tell`, { method: 'POST', headers, body: JSON.stringify({ toTeam: 'echo', ...body }), ...(signal && { signal }) })
  const answered = await (await tell({ message: '!slow 3 10 later', timeout: -1 })).json() as Body
  t.match(answered, { async: true, tellId: String, next: String })
  t.notOk('response' in answered)

  const hangUp = new AbortController()
  const tellId = '01890000-0000-7000-8000-00000000abcd'
  server.services.log.subscribe('all', ({ event }) => { if (event.event === 'tell:chunk' && event.data.tellId === tellId) hangUp.abort() })
  await t.rejects(tell({ message: '!slow 5 10 still said', tellId, timeout: 0 }, hangUp.signal))
  await server.services.tells.wait(tellId, 0, never)
  t.match(server.services.tells.get(tellId), { state: 'completed', response: 'still said' })
})

t.test('a busy team is not put to sleep unless forced, and who waited is told', async t => {
  const server = await run(t)
  const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }
  const post = async (path: string, body: object) => {
    const response = await fetch(`${server.url}/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, body: await response.json() as Body }
  }
  const running = new Promise<void>(resolve => { server.services.log.subscribe('all', ({ event }) => { if (event.event === 'tell:chunk') resolve() }) })
  const told = post('/teams/tell', { toTeam: 'echo', message: '!hang', timeout: 0 })
  const queued = post('/teams/tell', { toTeam: 'echo', message: 'next', timeout: 0 })
  await running
  t.match(await post('/teams/echo/sleep', { force: false }), { status: 409, body: { error: 'SessionBusyError' } })
  t.match(await post('/teams/echo/sleep', { force: true }), { status: 200 })
  for (const answer of [await told, await queued]) t.match(answer, { status: 409, body: { error: 'TellCancelledError', details: { tellId: String } } })
  t.match(await post('/teams/tell', { toTeam: 'echo', message: 'and again', timeout: 0 }), { status: 200, body: { response: 'echo: and again' } })
})

t.test('100 parallel tells to one session give 100 answers, in the order of their coming', async t => {
  const server = await run(t)
  const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }
  const accepted: string[] = []
  server.services.log.subscribe('all', ({ event }) => { if (event.event === 'tell:started') accepted.push(event.data.tellId) })
  const answers = await Promise.all(Array.from({ length: 100 }, async (_, n) => {
    const response = await fetch(`${server.url}/api/teams/tell`, { method: 'POST', headers, body: JSON.stringify({ toTeam: 'echo', fromTeam: 'one', message: `number ${n}`, timeout: 0 }) })
    return await response.json() as Body
  }))
  t.same(answers.map(({ response }) => response), answers.map((_, n) => `echo: number ${n}`))
  t.equal(new Set(answers.map(({ sessionId }) => sessionId)).size, 1)
  const ends = accepted.map(id => server.services.tells.get(id)).map(({ startedAt, endedAt }) => [startedAt!, endedAt!])
  t.ok(ends.every(([start], n) => n === 0 || start! >= ends[n - 1]![1]!), 'each began when the one before had ended')
})
