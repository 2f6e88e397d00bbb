import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { asking, writes } from './fixtures/asking.ts'
import { hooked, sessionIds } from './fixtures/hooked.ts'
import { ok, receive } from './fixtures/receiver.ts'
import { root } from './fixtures/root.ts'
import { listen } from './fixtures/socket-client.ts'
import { run, type Running } from './fixtures/running.ts'
import { scratch, wire } from './fixtures/wired.ts'
import { ask } from './plugins/ask.ts'
import { buildApp } from '../src/app.ts'
import { ForbiddenError } from '../src/errors.ts'
import { createMetrics } from '../src/metrics/metrics.ts'
import { countTraffic } from '../src/metrics/traffic.ts'
import { defineTool } from '../src/tool.ts'

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

/** What /metrics says, and the value of one of its samples; labels in any order. */
async function scrape (server: Running, headers: Record<string, string> = bearer(server.key)) {
  const response = await fetch(`${server.url}/metrics`, { headers })
  const text = await response.text()
  const samples = [...text.matchAll(/^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels = '', value]) => ({
    name: name!, labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, said]) => [label!, said!])), value: Number(value)
  }))
  const value = (name: string, labels: Record<string, string> = {}) =>
    samples.find(one => one.name === name && Object.entries(labels).every(([label, said]) => one.labels[label] === said))?.value
  return { response, text, samples, value }
}

/** A server in which there was one of everything. */
async function eventful (t: Test) {
  const server = await asking(t, { teams: { echo: { permissions: 'ask' }, gone: { path: '/nowhere', unavailable: 'it is not there' } } })
  const { services: { tells, log }, key, url } = server
  const tell = async (message: string) => (await fetch(`${url}/api/teams/tell`, {
    method: 'POST', headers: { ...bearer(key), 'content-type': 'application/json' }, body: JSON.stringify({ toTeam: 'echo', message, fromTeam: 'dash' })
  })).status
  const client = await listen(t, server)
  await client.event('hello')
  const statuses = [await tell('hello'), await tell('!fail for a reason'), await tell('!crash 3')]
  const asks = tell(writes('a.txt'))
  const { approvalId } = await server.pending()
  server.decide(approvalId, 'allow', 'why not')
  statuses.push(await asks)
  await fetch(`${url}/api/teams/nobody/status`, { headers: bearer(key) })
  await fetch(`${url}/nothing-here`, { headers: bearer(key) })
  client.send('team_list', {}, 'l')
  await client.event('result', 'l')
  const { tellId } = await tells.start({ from: 'someone-else', to: 'echo', message: '!hang', caller: 'x' })
  await tells.start({ from: 'someone-else', to: 'echo', message: 'later', caller: 'x' })
  await new Promise<void>(resolve => { log.subscribe('all', ({ event }) => { if (event.event === 'tell:chunk' && event.data.tellId === tellId) resolve() }) })
  return { ...server, statuses, client }
}

t.test('metrics say what has happened and what is so', async t => {
  const server = await eventful(t)
  t.same(server.statuses, [200, 502, 502, 200])
  const { value, response } = await scrape(server)
  t.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  const team = { team: 'echo' }
  t.equal(value('iris_tells_accepted_total', team), 6)
  t.same(['completed', 'failed', 'lost'].map(state => value('iris_tells_total', { ...team, state })), [2, 2, 0])
  t.same(['running', 'queued'].map(state => value('iris_tells_open', { ...team, state })), [1, 1])
  t.equal(value('iris_tell_duration_seconds_count', team), 4)
  t.equal(value('iris_tell_wait_seconds_count', team), 5)
  t.equal(value('iris_tell_first_chunk_seconds_count', team), 4, 'all but the one that failed without a word')
  t.equal(value('iris_tell_first_chunk_seconds_bucket', { ...team, le: '+Inf' }), 4)
  t.ok(value('iris_tokens_total', { ...team, kind: 'output' })! > 0)
  t.ok(value('iris_cost_usd_total', team)! > 0)
  t.equal(value('iris_approvals_total', { ...team, decision: 'allow', by: 'key' }), 1)
  t.equal(value('iris_approval_wait_seconds_count', team), 1)
  t.equal(value('iris_agent_starts_total', { ...team, outcome: 'ready' }), 3)
  t.equal(value('iris_agent_ends_total', { ...team, how: 'error' }), 1, 'the crash')
  t.same(['busy', 'idle'].map(state => value('iris_sessions_awake', { ...team, state })), [1, 1])
  t.same([value('iris_pool_places_taken'), value('iris_pool_places'), value('iris_agent_processes')], [2, 10, 2])
  t.same(['echo', 'gone'].map(team => value('iris_team_available', { team })), [1, 0])
  t.equal(value('iris_http_requests_total', { method: 'POST', route: '/api/teams/tell', status: '502' }), 2)
  t.equal(value('iris_http_requests_total', { method: 'GET', route: '/api/teams/:teamName/status', status: '404' }), 1)
  t.equal(value('iris_http_requests_total', { method: '', route: '', status: '404' }), 1, 'no route, so no path')
  t.equal(value('iris_http_requests_total', { method: 'POST', route: '/api/teams/tell', status: '200' }), 2)
  t.equal(value('iris_http_request_duration_seconds_count', { route: '' }), 1)
  t.ok(value('iris_http_request_duration_seconds_sum', { route: '' })! > 0, 'and it took its time')
  t.equal(value('iris_tool_calls_total', { tool: 'team_tell', via: 'rest', outcome: 'ok' }), 2)
  t.equal(value('iris_tool_calls_total', { tool: 'team_tell', via: 'rest', outcome: 'AgentError' }), 2)
  t.equal(value('iris_tool_calls_total', { tool: 'team_list', via: 'websocket', outcome: 'ok' }), 1)
  t.equal(value('iris_tool_calls_total', { tool: 'team_list', via: 'websocket', outcome: 'InternalError' }), 0)
  t.equal(value('iris_tool_duration_seconds_count', { tool: 'team_tell' }), 4)
  t.same([value('iris_clients', { kind: 'websocket' }), value('iris_clients', { kind: 'sse' })], [1, 0])
  t.ok(value('iris_network_bytes_total', { direction: 'out' })! > 1000)
  t.ok(value('iris_events_total', { event: 'tell:started' })! === 6 && value('iris_log_head')! > 20)
  t.ok(value('nodejs_eventloop_lag_p99_seconds') !== undefined && value('process_resident_memory_bytes')! > 1e6)
  t.same(server.errors, [])
})

t.test('an answer of a route that is of no tool is counted once, with its time, whoever refuses', async t => {
  const server = await run(t)
  const { port } = new URL(server.url)
  const post = (headers: Record<string, string>, body = '{}') => ask(Number(port), 'POST', '/mcp', { headers: { 'content-type': 'application/json', ...headers }, body })
  const key = bearer(server.key)
  await ask(Number(port), 'GET', '/health/live')
  t.equal((await post({ ...key, host: 'evil.example' })).status, 403, 'before any hook of the route')
  t.equal((await post(bearer('wrong'))).status, 401)
  t.equal((await post(key, 'no JSON')).status, 400)
  t.equal((await post({ ...key, 'content-type': 'text/plain' }, 'text')).status, 400, 'no parser')
  const { value } = await scrape(server)
  const counted = (route: string, method: string, status: string) => value('iris_http_requests_total', { method, route, status })
  t.same(['403', '401', '400'].map(status => counted('/mcp', 'POST', status)), [1, 1, 2])
  t.equal(value('iris_http_request_duration_seconds_count', { method: 'POST', route: '/mcp' }), 4)
  t.ok(value('iris_http_request_duration_seconds_sum', { method: 'POST', route: '/mcp' })! > 0)
  t.equal(counted('/health/live', 'GET', '200'), 1)
})

t.test('a call that fails is measured from its start, where calls of tools are, and not once more from its failure on', async t => {
  const { services, clock } = wire(t)
  let runs: (fail: (err: Error) => void) => void
  const running = new Promise<(err: Error) => void>(resolve => { runs = resolve })
  const slow = defineTool({
    name: 'thing_wait',
    title: 'Wait for a thing',
    description: 'Waits until the test lets it fail.',
    permission: 'status',
    http: { method: 'GET', url: '/things/wait' },
    input: Type.Object({}, { additionalProperties: false }),
    output: {},
    team: null,
    handler: () => new Promise<never>((_resolve, reject) => { runs(reject) })
  })
  const app = await buildApp(services, { tools: [slow] })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const authorized = { headers: bearer(services.keys.create({ name: 'admin', permissions: ['admin'] }).key) }
  const answer = fetch(`${url}/api/things/wait`, authorized)
  const fail = await running
  await clock.advance(5_000)
  fail(new ForbiddenError('not today'))
  t.equal((await answer).status, 403)
  const body = await (await fetch(`${url}/metrics`, authorized)).text()
  t.match(body, /^iris_tool_duration_seconds_sum\{tool="thing_wait"\} 5$/m)
  t.match(body, /^iris_http_requests_total\{method="GET",route="\/api\/things\/wait",status="403"\} 1$/m)
  t.notMatch(body, /^iris_http_request_duration_seconds\w*\{.*things/m, 'nowhere it took no time')
})

t.test('deliveries to webhooks are counted by what came of them, and the oldest that waits says how long', async t => {
  const { make, say, pass, services, clock } = hooked(t)
  const receiver = await receive(t, { behave: response => { response.writeHead(500).end() } })
  make({ url: receiver.url })
  const metrics = createMetrics(services)
  t.teardown(() => { metrics.close() })
  const value = async (sample: string) => Number(new RegExp(`^${sample.replaceAll(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec((await metrics.read()).text)?.[1])
  const attempts = async () => [await value('iris_webhook_attempts_total{outcome="delivered"}'), await value('iris_webhook_attempts_total{outcome="retried"}'), await value('iris_webhook_attempts_total{outcome="dead"}')]
  t.same([await attempts(), await value('iris_webhook_lag_seconds')], [[0, 0, 0], 0])
  const [id] = sessionIds(1)
  say(id!, 'one')
  await pass(0)
  t.same(await attempts(), [0, 1, 0])
  await clock.advance(2_000)
  t.same([await value('iris_webhook_deliveries{state="pending"}'), await value('iris_webhook_lag_seconds')], [1, 2])
  receiver.behave = ok
  await pass(60_000)
  t.same([await attempts(), await value('iris_webhook_deliveries{state="pending"}'), await value('iris_webhook_lag_seconds')], [[1, 1, 0], 0, 0])
  receiver.behave = response => { response.writeHead(500).end() }
  say(id!, 'two')
  await pass(25 * 3_600_000)
  t.equal((await attempts())[2], 1)
  t.equal(await value('iris_webhook_deliveries{state="dead"}'), 1)
})

t.test('no label has a name, an id or a text of a caller', async t => {
  const server = await eventful(t)
  const { text, samples } = await scrape(server)
  t.notMatch(text, /dash|someone-else|nothing-here|nobody|[0-9a-f]{8}-[0-9a-f]{4}-/)
  t.same([...new Set(samples.map(({ labels }) => labels.team).filter(Boolean))].sort(), ['echo', 'gone'])
})

t.test('a client that is gone is not counted', async t => {
  const server = await run(t)
  const client = await listen(t, server)
  await client.event('hello')
  const stream = await fetch(`${server.url}/api/events/stream`, { headers: bearer(server.key) })
  const before = await scrape(server)
  t.same(['websocket', 'sse'].map(kind => before.value('iris_clients', { kind })), [1, 1])
  await stream.body!.cancel()
  for (;;) {
    const now = await scrape(server)
    if (now.value('iris_clients', { kind: 'sse' }) === 0) break
  }
  client.socket.terminate()
  for (;;) {
    const now = await scrape(server)
    if (now.value('iris_clients', { kind: 'websocket' }) === 0) return t.same(['websocket', 'sse'].map(kind => now.value('iris_slow_clients_total', { kind })), [0, 0])
  }
})

t.test('a client that does not read is counted when it is closed, once', async t => {
  const { services: { log, sessions }, clock } = wire(t)
  const { metrics, followed } = countTraffic({ clock })
  const value = (name: string) => metrics.find(one => one.name === name)!.samples().find(({ labels }) => labels.kind === 'sse')!.value
  const feed = followed('sse', log.follow)({ deliver () {}, full: () => true, unread: () => 1, whenDrained: () => () => {}, giveUp () { feed.stop() } })
  feed.join('all', () => true)
  t.same([value('iris_clients'), value('iris_slow_clients_total')], [1, 0])
  const { id: sessionId } = sessions.open('a', 'echo')
  log.append({ event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: 1, type: 'user', data: {} } } })
  await clock.advance(10_000)
  t.same([value('iris_clients'), value('iris_slow_clients_total')], [0, 1])
  feed.stop()
  t.equal(value('iris_clients'), 0)
})

t.test('who may read them: a key that says so and is held to no team, and nobody else', async t => {
  const server = await run(t)
  const status = async (headers: Record<string, string>) => (await scrape(server, headers)).response.status
  t.equal(await status(bearer(server.makeKey({ permissions: ['metrics'] }))), 200)
  t.equal(await status(bearer(server.makeKey({ permissions: ['status', 'cache:read'] }))), 403)
  t.equal(await status(bearer(server.makeKey({ permissions: ['metrics'], teams: ['echo'] }))), 403)
  t.equal(await status(bearer('iris_sk_wrong')), 401)
  t.equal(await status({}), 401)
  t.match(server.services.audit.list({ limit: 10 }).rows.filter(({ tool }) => tool === 'metrics').map(({ outcome }) => outcome), ['UnauthorizedError', 'ForbiddenError', 'ForbiddenError'])
})

t.test('where they are open, programs of this machine need no key, and those who come through a proxy do', async t => {
  const server = await run(t, { metrics: { open: true } })
  const status = async (headers: Record<string, string>) => (await scrape(server, headers)).response.status
  t.equal(await status({}), 200)
  for (const header of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']) t.equal(await status({ [header]: '127.0.0.1' }), 401, header)
  t.equal(await status(bearer('iris_sk_wrong')), 401, 'a wrong key is no key')
})

t.test('readings count against no limit, refused ones do', async t => {
  const server = await run(t, { api: { rateLimit: { max: 3, window: 900_000, tells: 9, tellWindow: 60_000 } } })
  for (let i = 0; i < 5; i++) t.equal((await scrape(server)).response.status, 200)
  const statuses: number[] = []
  for (let i = 0; i < 4; i++) statuses.push((await scrape(server, bearer('iris_sk_guess'))).response.status)
  t.same(statuses, [401, 401, 401, 429])
})

t.test('without metrics there is nothing to read', async t => {
  const server = await run(t, { metrics: { enabled: false } })
  t.equal((await scrape(server)).response.status, 404)
})

/** Everything that the dashboard and the rules ask for, as Prometheus would be asked. */
function queries (): { from: string, expr: string }[] {
  const { panels } = JSON.parse(readFileSync(join(root, 'examples/grafana/iris.json'), 'utf8')) as { panels: { title: string, targets?: { expr: string }[] }[] }
  const { groups } = parse(readFileSync(join(root, 'examples/prometheus/rules.yml'), 'utf8')) as { groups: { rules: { alert: string, expr: string }[] }[] }
  return [
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ from: title, expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$team', '.*') }))),
    ...groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ from: alert, expr })))
  ]
}

t.test('every query of the dashboard and of the alerts asks for what there is', async t => {
  const { samples } = await scrape(await eventful(t))
  const asked = queries()
  t.ok(asked.length > 40, `${asked.length} queries`)
  const given = new Set(['instance', 'job']) // by Prometheus
  for (const { from, expr } of asked) {
    for (const [, name, selector = ''] of expr.matchAll(/\b((?:iris|nodejs|process)_\w+)(?:\{([^}]*)\})?/g)) {
      const found = samples.filter(one => one.name === name)
      if (found.length === 0) t.fail(`${from}: there is no ${name}`)
      const wanted = [...selector.matchAll(/(\w+)\s*(?:=~|!=|=)/g), ...[...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list]) => [...list!.matchAll(/(\w+)/g)])].map(([, label]) => label!)
      for (const label of wanted) {
        if (!given.has(label) && !found.some(({ labels }) => label in labels)) t.fail(`${from}: ${name} has no label ${label}`)
      }
      for (const [, label, value] of selector.matchAll(/(\w+)="([^"]*)"/g)) {
        if (!given.has(label!) && !found.some(({ labels }) => labels[label!] === value)) t.fail(`${from}: no ${name} has ${label}="${value}"`)
      }
    }
  }
})

t.test('the dashboard is one that Grafana loads: numbered panels within 24 columns that do not overlap, and a source that is asked for', async t => {
  const board = JSON.parse(readFileSync(join(root, 'examples/grafana/iris.json'), 'utf8')) as {
    id: null,
    title: string,
    schemaVersion: number
    templating: { list: { name: string, type: string }[] }
    panels: { id: number, type: string, title: string, gridPos: Record<'x' | 'y' | 'w' | 'h', number>, targets?: { refId: string, datasource: { uid: string } }[] }[]
  }
  t.match(board, { id: null, title: 'Iris', schemaVersion: 38 })
  t.same(board.templating.list.map(({ name, type }) => [name, type]), [['datasource', 'datasource'], ['team', 'query']])
  t.equal(new Set(board.panels.map(({ id }) => id)).size, board.panels.length)
  const taken = new Set<string>()
  for (const { title, type, gridPos: { x, y, w, h }, targets = [] } of board.panels) {
    t.ok(['row', 'stat', 'timeseries'].includes(type) && x + w <= 24, title)
    t.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title)
    t.ok(targets.every(({ datasource }) => datasource.uid === '${datasource}'), title) // eslint-disable-line no-template-curly-in-string
    for (let i = x; i < x + w; i++) {
      for (let j = y; j < y + h; j++) {
        if (taken.has(`${i} ${j}`)) t.fail(`'${title}' lies on another panel`)
        taken.add(`${i} ${j}`)
      }
    }
  }
})

const promtool = spawnSync('promtool', ['--version']).error === undefined

t.test('promtool finds no fault', promtool || process.env.REQUIRE_PROMTOOL ? {} : { skip: 'promtool is not installed: 3 checks are left out' }, async t => {
  const check = (args: string[], input?: string) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: join(root, 'examples/prometheus'), encoding: 'utf8', ...(input !== undefined && { input }) })
    t.equal(status, 0, `promtool ${args.join(' ')}: ${stdout}${stderr}`)
    return stdout + stderr
  }
  const { text } = await scrape(await eventful(t))
  t.equal(check(['check', 'metrics'], text).trim(), '')
  // It judges rules alone: so each question of the dashboard is one.
  const folder = scratch(t)
  const asked = queries()
  writeFileSync(join(folder, 'asked.yml'), JSON.stringify({ groups: [{ name: 'asked', rules: asked.map(({ expr }, n) => ({ record: `asked:${n}`, expr })) }] }))
  t.match(check(['check', 'rules', join(folder, 'asked.yml')]), `SUCCESS: ${asked.length} rules found`)
  check(['check', 'rules', 'rules.yml'])
  check(['test', 'rules', 'rules.test.yml'])
})
