import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { tracesOf } from '../src/config/traces.ts'
import { toolUsesOf } from '../src/tracing/tool-uses.ts'
import { asking, writes } from './fixtures/asking.ts'
import { collector, type Seen } from './fixtures/collector.ts'
import { run, type Running } from './fixtures/running.ts'
import { scratch } from './fixtures/wired.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

async function tell ({ url, key }: Pick<Running, 'url' | 'key'>, toTeam: string, message: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/api/teams/tell`, {
    method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers }, body: JSON.stringify({ toTeam, message, fromTeam: 'dash' })
  })
  return await response.json() as { tellId: string, sessionId: string, response: string }
}

t.test('who does not trace loads nothing of OpenTelemetry', async t => {
  const { cache } = createRequire(import.meta.url)
  const server = await run(t)
  await tell(server, 'echo', 'hello')
  t.equal(server.services.tracing, undefined)
  t.same(Object.keys(cache).filter(file => /@opentelemetry|prom-client/.test(file)), [], 'nor of the metrics, before they are read')
  await (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.key}` } })).text()
  t.ok(Object.keys(cache).some(file => file.includes('prom-client')), 'and they would be seen here')
})

t.test('a request, its tell, its turn and the tools used in it are one trace, which goes on with that of the caller', async t => {
  const { endpoint, spans, resources, requests } = await collector(t)
  const server = await run(t, { tracing: { endpoint }, teams: { echo: { model: 'small' } } })
  const { tellId, sessionId } = await tell(server, 'echo', '!tool 5', { traceparent: `00-${TRACE}-${SPAN}-01` })
  await server.close()
  t.match(requests, [{ path: '/v1/traces', headers: { 'content-type': 'application/json' } }])
  t.match(resources[0], { 'service.name': 'iris', 'service.version': String })
  t.ok(spans.every(({ traceId }) => traceId === TRACE))
  const named = (name: RegExp) => spans.find(span => name.test(span.name))!
  const [request, told, turn, tool] = [named(/^team_tell$/), named(/^tell echo$/), named(/^invoke_agent echo$/), named(/^execute_tool /)]
  t.same([request, told, turn, tool].map(({ parentSpanId }) => parentSpanId), [SPAN, request.spanId, told.spanId, turn.spanId])
  t.match(request, { kind: 2, attributes: { 'iris.tool': 'team_tell', 'iris.via': 'rest' } })
  t.match(told.attributes, { 'iris.tell.id': tellId, 'iris.session.id': sessionId, 'iris.team': 'echo', 'iris.tell.from': 'dash' })
  t.match(turn.attributes, {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': 'echo',
    'gen_ai.agent.name': 'echo',
    'gen_ai.conversation.id': sessionId,
    'gen_ai.request.model': 'small',
    'gen_ai.response.time_to_first_chunk': Number
  })
  for (const kind of ['input', 'output']) t.ok(Number(turn.attributes[`gen_ai.usage.${kind}_tokens`]) > 0, kind)
  t.match(tool.attributes, { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': String, 'gen_ai.tool.call.id': String })
  const within = (inner: Seen, outer: Seen) => BigInt(inner.startTimeUnixNano) >= BigInt(outer.startTimeUnixNano) && BigInt(inner.endTimeUnixNano) <= BigInt(outer.endTimeUnixNano)
  t.ok(within(tool, turn) && within(turn, told))
  t.ok(spans.every(({ startTimeUnixNano, endTimeUnixNano }) => BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)))
  t.ok(spans.every(({ status }) => status.code === 0))
})

t.test('what an agent tells another is within the turn in which it does', async t => {
  const { endpoint, spans } = await collector(t)
  const server = await run(t, { tracing: { endpoint }, teams: { b: {} } })
  await tell(server, 'echo', '!call team_tell {"toTeam":"b","message":"hello"}')
  await server.close()
  const byId = new Map(spans.map(span => [span.spanId, span]))
  const ways = spans.filter(({ name }) => name === 'invoke_agent b').map(span => {
    const way = [span.name]
    for (let at = byId.get(span.parentSpanId!); at !== undefined; at = byId.get(at.parentSpanId ?? '')) way.push(at.name)
    return way
  })
  t.same(ways, [['invoke_agent b', 'tell b', 'team_tell', 'invoke_agent echo', 'tell echo', 'team_tell']])
  t.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1)
  t.ok(spans.every(({ name, attributes }) => name !== 'team_tell' || ['rest', 'agent'].includes(String(attributes['iris.via']))))
})

t.test('an agent is told the trace that it is started in, and one that is run or asked anew for each turn that of the turn', async t => {
  const { endpoint, spans } = await collector(t)
  const path = scratch(t)
  const peer = fileURLToPath(new URL('fixtures/acp-peer.js', import.meta.url))
  const server = await run(t, {
    tracing: { endpoint },
    teams: {
      shell: { agent: 'command', command: 'printenv', args: ['TRACEPARENT'] },
      peer: { path, agent: 'acp', command: process.execPath, args: [peer], env: { PEER_HOME: path } }
    }
  })
  const traceparent = `00-${TRACE}-${SPAN}-01`
  const said = [await tell(server, 'shell', 'one', { traceparent }), await tell(server, 'shell', 'two', { traceparent }), await tell(server, 'peer', '!meta', { traceparent })]
  const { response } = await tell(server, 'echo', '!env', { traceparent })
  await server.close()
  const turns = ['shell', 'shell', 'peer'].map((team, i) => spans.filter(({ name }) => name === `invoke_agent ${team}`)[i % 2]!)
  t.same(said.map(({ response }) => response.trim()), [0, 1].map(i => `00-${TRACE}-${turns[i]!.spanId}-01`).concat(`{"traceparent":"00-${TRACE}-${turns[2]!.spanId}-01"}`))
  t.match(response, /\bTRACEPARENT\b/)
})

t.test('a trace that its caller does not record is not recorded', async t => {
  const { endpoint, spans } = await collector(t)
  const server = await run(t, { tracing: { endpoint } })
  await tell(server, 'echo', 'hello', { traceparent: `00-${TRACE}-${SPAN}-00` })
  await server.close()
  t.same(spans, [])
})

t.test('what fails says how, and queued tells wait in their own traces', async t => {
  const { endpoint, spans } = await collector(t)
  const server = await run(t, { tracing: { endpoint } })
  await Promise.all([tell(server, 'echo', '!fail badly'), tell(server, 'echo', 'second', { traceparent: `00-${TRACE}-${SPAN}-01` })])
  await server.close()
  const failed = spans.filter(({ traceId }) => traceId !== TRACE)
  t.same(failed.map(({ name, status, attributes }) => [name, status.code, attributes['error.type']]).sort(), [['invoke_agent echo', 2, 'AgentError'], ['team_tell', 2, 'AgentError'], ['tell echo', 2, 'AgentError']])
  t.same(spans.filter(({ traceId }) => traceId === TRACE).map(({ name }) => name).sort(), ['invoke_agent echo', 'team_tell', 'tell echo'])
})

t.test('a question to people is a span until it is decided, and nothing of what was said is in a trace', async t => {
  const { endpoint, spans, resources } = await collector(t)
  const server = await asking(t, { tracing: { endpoint } })
  const asked = tell(server, 'echo', writes('secret-name.txt'))
  const { approvalId } = await server.pending()
  server.decide(approvalId, 'deny', 'a secret reason')
  await asked
  await server.close()
  t.match(spans.find(({ name }) => name === 'approval Write'), { attributes: { 'iris.approval.id': approvalId, 'iris.approval.decision': 'deny' }, status: { code: 0 } })
  t.notMatch(JSON.stringify([spans, resources]), /secret/)
})

t.test('tools of agents that speak ACP are known by their names or sorts', async t => {
  const of = (type: 'assistant' | 'tool', data: object) => toolUsesOf({ timestamp: 1, type, data })
  t.same(of('assistant', { sessionUpdate: 'tool_call', toolCallId: 'c', kind: 'edit', title: 'a secret' }), [{ callId: 'c', name: 'edit', ended: false, failed: false }])
  t.same(of('assistant', { sessionUpdate: 'tool_call', toolCallId: 'c', kind: 'edit', _meta: { claudeCode: { toolName: 'Edit' } } })[0]?.name, 'Edit')
  t.same(of('tool', { sessionUpdate: 'tool_call_update', toolCallId: 'c', status: 'failed' }), [{ callId: 'c', ended: true, failed: true }])
  t.same(of('tool', { sessionUpdate: 'tool_call_update', toolCallId: 'c', status: 'in_progress' }), [])
  for (const data of [null, 'text', [], { message: { content: 'text' } }]) t.same(of('assistant', data as object), [])
})

t.test('where traces go: by the file, else by the variables of OpenTelemetry', async t => {
  const cases: [file: string | undefined, env: Record<string, string>, expected: string | undefined][] = [
    [undefined, {}, undefined],
    ['http://a:4318', {}, 'http://a:4318/v1/traces'],
    ['http://a:4318/', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b' }, 'http://a:4318/v1/traces'],
    ['http://a:4318/v1/traces', {}, 'http://a:4318/v1/traces'],
    [undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b' }, 'http://b/v1/traces'],
    [undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/x' }, 'http://c/x'],
    [undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined],
    ['http://a', { OTEL_SDK_DISABLED: 'true' }, undefined],
    ['http://a', { OTEL_TRACES_EXPORTER: 'none' }, undefined]
  ]
  for (const [file, env, expected] of cases) t.equal(tracesOf(file === undefined ? {} : { endpoint: file }, env).endpoint, expected)
})
