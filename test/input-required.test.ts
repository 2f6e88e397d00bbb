import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { asking, writes } from './fixtures/asking.ts'
import type { Running } from './fixtures/running.ts'
import { ask as request, json, PREFIX, type Loose } from './plugins/mcp-fixture.ts'
import { bridged } from './cli/upstream.ts'

type Round = (params: Loose) => Promise<{ result?: Loose, error?: Loose }>

/** A client of the generation without sessions: each call is a request of its own. */
const caller = ({ url }: Running, key: string, capabilities: object = { elicitation: {} }): Round => async params =>
  await json(await request(`${url}/mcp`, 'tools/call', params, { key, meta: { [`${PREFIX}clientCapabilities`]: capabilities } }))

/** The same through `iris mcp`. */
function viaBridge (t: Test, { url }: Running, key: string): Round {
  const { send, next } = bridged(t, async () => ({ url, key }))
  let id = 0
  return async params => {
    send({ jsonrpc: '2.0', id: ++id, method: 'tools/call', params: { ...params, _meta: { [`${PREFIX}protocolVersion`]: '2026-07-28', [`${PREFIX}clientCapabilities`]: { elicitation: { form: {} } } } } })
    return await next() as { result: Loose }
  }
}

const tell = (message: string, more: Loose = {}) => ({ name: 'team_tell', arguments: { toTeam: 'echo', message, timeout: 0, ...more } })
const accept = (decision: string, more: Loose = {}) => ({ action: 'accept', content: { decision, ...more } })
/** The next round of a call whose result asked. */
const again = (params: Loose, { requestState }: Loose, inputResponses?: unknown) => ({ ...params, requestState, ...(inputResponses !== undefined && { inputResponses }) })

for (const how of ['over HTTP', 'through the stdio bridge']) {
  t.test(`${how}, a result asks, and the client's next call brings the answer and waits for the same tell`, async t => {
    const server = await asking(t)
    const key = server.makeKey({ name: 'anna', permissions: ['tell', 'approve'], teams: ['echo'] })
    const round = how === 'over HTTP' ? caller(server, key) : viaBridge(t, server, key)
    for (const [name, reply, response, file] of [
      ['allowed', accept('allow', { reason: '' }), 'echo: allowed: Write', 'hello'],
      ['denied', accept('deny', { reason: 'not today' }), 'echo: denied: not today', false],
      ['declined', { action: 'decline' }, 'echo: denied: The person who was asked declined', false]
    ] as const) {
      const params = tell(writes(name))
      const { result } = await round(params)
      t.equal(result!.resultType, 'input_required')
      const { approvalId, tellId } = await server.pending()
      t.strictSame(Object.keys(result!.inputRequests), [approvalId])
      t.match(result!.inputRequests[approvalId], {
        method: 'elicitation/create',
        params: { message: /The agent of 'echo' asks/, requestedSchema: { type: 'object', required: ['decision'], properties: { decision: { enum: ['allow', 'allow_session', 'deny'] } } } }
      })
      t.equal(result!.structuredContent, undefined)
      const done = await round(again(params, result!, { [approvalId]: reply }))
      t.match(done.result, { resultType: 'complete', structuredContent: { tellId, state: 'completed', response } })
      t.equal(server.written(name), file)
      t.match(server.services.approvals.get(approvalId), { by: 'key:anna' })
      t.match(await server.audited({ tool: 'approval_answer', approvalId }), { caller: 'anna', via: 'mcp', outcome: 'ok' })
    }
    t.equal(server.services.tells.list({}, { limit: 9 }).rows.length, 3, 'one tell each')
    t.same(server.errors, [])
  })
}

t.test('who does not want to say is not asked again, and hears what others decide', async t => {
  const server = await asking(t)
  const round = caller(server, server.key)
  const params = tell(writes('a.txt'))
  const { result } = await round(params)
  const { approvalId } = await server.pending()
  const waiting = round(again(params, result!, { [approvalId]: { action: 'cancel' } }))
  const second = server.services.approvals.ask({ ...questionOf(await server.pending()), requestId: 'second' })
  t.ok(second)
  const asked = await waiting
  const [other] = Object.keys(asked.result!.inputRequests)
  t.not(other, approvalId)
  t.equal(Object.keys(asked.result!.inputRequests).length, 1, 'only what is new')
  const last = round(again(params, asked.result!, { [other!]: accept('deny') }))
  await server.audited({ tool: 'approval_answer', approvalId: other! })
  server.decide(approvalId, 'deny', 'by another')
  t.match((await last).result, { resultType: 'complete', structuredContent: { response: 'echo: denied: by another' } })
})

/** One more question of the same agent and tell, which goes nowhere. */
const questionOf = ({ sessionId, team, tellId, tool, input }: { sessionId: string, team: string, tellId?: string, tool: string, input: Record<string, unknown> }) =>
  ({ sessionId, team, tellId: tellId!, tool, input, directory: '/', requestId: randomUUID(), reply () {}, over () {} })

t.test('what is decided at once is not asked', async t => {
  const server = await asking(t)
  server.services.log.subscribe('all', ({ event }) => { if (event.event === 'approval:requested') server.decide(event.data.approvalId, 'allow', 'at once') })
  t.match((await caller(server, server.key)(tell(writes('a.txt')))).result, { resultType: 'complete', structuredContent: { response: 'echo: allowed: Write' } })
})

t.test('several questions are asked at once, and what is not answered is asked again', async t => {
  const server = await asking(t)
  const round = caller(server, server.key)
  const first = await round(tell(writes('a.txt'), { timeout: -1 }))
  const { tellId } = first.result!.structuredContent
  const one = await server.pending()
  server.services.approvals.ask(questionOf(one))
  const params = { name: 'tell_get', arguments: { tellId, wait: 60_000 } }
  const both = await round(params)
  const ids = Object.keys(both.result!.inputRequests)
  t.equal(ids.length, 2)
  const other = ids.find(id => id !== one.approvalId)!
  for (const replies of [undefined, null, 5, {}, { [other]: 5 }, { [other]: { action: 'shrug' } }, { [other]: accept('perhaps') }, { [other]: { action: 'accept' } }, { unknown: accept('allow') }]) {
    const same = await round(again(params, both.result!, replies))
    t.strictSame(Object.keys(same.result!.inputRequests).sort(), [...ids].sort(), JSON.stringify(replies))
  }
  const rest = await round(again(params, both.result!, { [other]: accept('deny'), unknown: accept('allow') }))
  t.strictSame(Object.keys(rest.result!.inputRequests), [one.approvalId])
  t.match((await round(again(params, rest.result!, { [one.approvalId]: accept('allow') }))).result, { resultType: 'complete', structuredContent: { state: 'completed', response: 'echo: allowed: Write' } })
})

t.test('an answer that comes too late, or twice, changes nothing; the call goes on', async t => {
  const server = await asking(t)
  const round = caller(server, server.key)
  const params = tell(writes('a.txt'))
  const { result } = await round(params)
  const { approvalId, tellId } = await server.pending()
  server.decide(approvalId, 'deny', 'by another')
  for (let n = 0; n < 2; n++) {
    const late = await round(again(params, result!, { [approvalId]: accept('allow') }))
    t.match(late.result, { resultType: 'complete', structuredContent: { tellId, response: 'echo: denied: by another' } })
  }
  t.equal(server.written('a.txt'), false)
  t.equal(server.services.tells.list({}, { limit: 9 }).rows.length, 1)
  t.match((await round({ ...again(params, result!), arguments: { ...params.arguments, message: 'another' } })).result, { isError: true, structuredContent: { error: 'IdempotencyMismatchError' } }, 'what it goes on with is what was asked for')
})

t.test('a client goes on without being asked when it no longer can be', async t => {
  const server = await asking(t)
  const params = tell(writes('a.txt'))
  const { result } = await caller(server, server.key)(params)
  const waiting = caller(server, server.key, {})(again(params, result!))
  server.decide((await server.pending()).approvalId, 'deny', 'by another')
  t.match((await waiting).result, { resultType: 'complete', structuredContent: { response: 'echo: denied: by another' } })
  t.equal(server.services.tells.list({}, { limit: 9 }).rows.length, 1)
})

t.test('what a client carries between two calls is its own, for that call alone, and unchanged', async t => {
  const server = await asking(t)
  const round = caller(server, server.key)
  const other = caller(server, server.makeKey({ name: 'bert' }))
  const params = tell(writes('a.txt'))
  const { result } = await round(params)
  const { approvalId, tellId } = await server.pending()
  const { requestState } = result! as { requestState: string }
  const [body, mark] = requestState.split('.') as [string, string]
  const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), caller: 'bert' })).toString('base64url')
  const replies = { [approvalId]: accept('allow') }
  for (const [who, state] of [
    [round, requestState + '-TAMPERED'], [round, `${forged}.${mark}`], [other, `${forged}.${mark}`], [other, requestState], [round, body], [round, `${body}.`], [round, `.${mark}`], [round, ''], [round, 5], [round, null], [round, `${requestState}.x`]
  ] as const) {
    t.match(await who(again(params, { requestState: state }, replies)), { error: { code: -32602, message: /requestState/ } }, String(state).slice(-20))
  }
  t.match(await round(again({ name: 'tell_get', arguments: { tellId } }, result!, replies)), { error: { code: -32602 } }, 'another tool')
  t.equal(server.services.approvals.get(approvalId).state, 'pending')
  t.equal(server.services.tells.list({}, { limit: 9 }).rows.length, 1)
})

for (const [whom, permissions, capabilities] of [
  ['a client that cannot', ['admin'], {}],
  ['a client that shows no forms', ['admin'], { elicitation: { url: {} } }],
  ['a key that may not decide', ['tell', 'cache:read'], { elicitation: {} }]
] as const) {
  t.test(`${whom} is not asked`, async t => {
    const server = await asking(t)
    const waiting = caller(server, server.makeKey({ permissions: [...permissions] }), capabilities)(tell(writes('a.txt')))
    server.decide((await server.pending()).approvalId, 'deny', 'by another')
    t.match((await waiting).result, { resultType: 'complete', structuredContent: { response: 'echo: denied: by another' } })
  })
}

t.test('a call with progress is told in its stream that it is asked', async t => {
  const server = await asking(t)
  const response = await request(`${server.url}/mcp`, 'tools/call', tell(writes('a.txt')), { key: server.key, meta: { progressToken: 1, [`${PREFIX}clientCapabilities`]: { elicitation: {} } } })
  const text = await response.text()
  t.match(response.headers.get('content-type'), 'text/event-stream')
  t.match(text, /"message":"Waits for permission: Write"/)
  t.match(text.trim().split('\n').at(-1), /"resultType":"input_required"/)
})

t.test('who comes back after a restart is told how its tell ended', async t => {
  const server = await asking(t)
  const params = tell(writes('a.txt'))
  const { result } = await caller(server, server.key)(params)
  const { approvalId, tellId } = await server.pending()
  await server.close()
  const next = await asking(t, { home: server.home, key: server.key })
  const late = await caller(next, server.key)(again(params, result!, { [approvalId]: accept('allow') }))
  t.match(late.result, { isError: true, structuredContent: { error: 'TellCancelledError', details: { tellId } } })
  t.equal(next.services.tells.list({}, { limit: 9 }).rows.length, 1, 'it is not run again')
  t.equal(next.written('a.txt'), false)
})
