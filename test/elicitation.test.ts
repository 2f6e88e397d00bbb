import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js'
import t, { type Test } from 'tap'
import type { KeyGrant, Permission } from '../schemas/key.ts'
import { openQuestion } from './fixtures/question.ts'
import { asking, writes } from './fixtures/asking.ts'
import { root } from './fixtures/root.ts'
import type { Running } from './fixtures/running.ts'
import { listen } from './fixtures/socket-client.ts'
import { events, json, type Rpc } from './plugins/mcp-fixture.ts'

type Loose = Record<string, any> // eslint-disable-line @typescript-eslint/no-explicit-any

/** What a person is shown, and what it answers to it. */
interface Shown {
  message: string
  requestedSchema: Loose
  /** Aborted when the server takes the question back. */
  signal: AbortSignal
  answer (result: ElicitResult): void
  refuse (): void
}

/** Things that come one by one to whoever waits for the next. */
function stream<T> () {
  const come: T[] = []
  const waiting: ((one: T) => void)[] = []
  return {
    come,
    push (one: T) { (waiting.shift() ?? (late => { come.push(late) }))(one) },
    next: async () => come.shift() ?? await new Promise<T>(resolve => { waiting.push(resolve) })
  }
}

const accept = (decision: string, more: Record<string, string> = {}): ElicitResult => ({ action: 'accept', content: { decision, ...more } })

const wires: Record<string, (server: Running, key: string) => Transport> = {
  'over HTTP': ({ url }, key) => new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers: { authorization: `Bearer ${key}` } } }) as Transport,
  'through the stdio bridge': ({ url }, key) => new StdioClientTransport({
    command: process.execPath,
    args: [join(root, 'dist/bin/iris.js'), 'mcp', '--url', url, '--key', key],
    env: { PATH: process.env.PATH!, IRIS_HOME: '/nonexistent' },
    stderr: 'ignore'
  })
}

/** A client of the generation with sessions, and the person behind it. */
async function connect (t: Test, transport: Transport, { elicitation = {} }: { elicitation?: Record<string, object> | null } = {}) {
  const client = new Client({ name: 'test', version: '0' }, { capabilities: elicitation === null ? {} : { elicitation } })
  const { push, next, come } = stream<Shown>()
  if (elicitation !== null) {
    client.setRequestHandler(ElicitRequestSchema, async ({ params }, { signal }) => await new Promise<ElicitResult>((resolve, reject) => {
      push({ ...params as unknown as Shown, signal, answer: resolve, refuse () { reject(new Error('nobody is here')) } })
    }))
  }
  await client.connect(transport)
  t.teardown(() => client.close())
  return {
    client,
    shown: next,
    unseen: come,
    call: async (name: string, args: Loose) => await client.callTool({ name, arguments: args }) as { structuredContent: Loose, isError?: boolean },
    tell: async (message: string, more: Loose = {}) => (await client.callTool({ name: 'team_tell', arguments: { toTeam: 'echo', message, timeout: 0, ...more } })).structuredContent as Loose
  }
}

for (const [how, wire] of Object.entries(wires)) {
  t.test(`${how}, the client whose call waits is asked, and what its person says is done`, async t => {
    const server = await asking(t)
    const key = server.makeKey({ name: 'anna', permissions: ['tell', 'approve'], teams: ['echo'] })
    const { tell, shown, client } = await connect(t, wire(server, key))

    const allowed = tell(writes('allowed.txt'))
    const { message, requestedSchema, answer } = await shown()
    t.match(message, /The agent of 'echo' asks whether it may use Write with:\n\{\n {2}"file_path": "allowed.txt"/)
    t.match(requestedSchema, { type: 'object', required: ['decision'], properties: { decision: { type: 'string', enum: ['allow', 'allow_session', 'deny'] }, reason: { type: 'string' } } })
    t.strictSame(Object.keys(requestedSchema.properties), ['decision', 'reason'], 'flat, and nothing else')
    t.equal(server.written('allowed.txt'), false)
    answer(accept('allow', { reason: '' }))
    t.match(await allowed, { state: 'completed', response: 'echo: allowed: Write' })
    t.equal(server.written('allowed.txt'), 'hello')

    const denied = tell(writes('denied.txt'))
    ;(await shown()).answer(accept('deny', { reason: 'not today' }))
    t.match(await denied, { response: 'echo: denied: not today' })
    const declined = tell(writes('declined.txt'))
    ;(await shown()).answer({ action: 'decline' })
    t.match(await declined, { response: 'echo: denied: The person who was asked declined' })
    t.equal(server.written('denied.txt') || server.written('declined.txt'), false)

    const session = tell(writes('one.txt'))
    ;(await shown()).answer(accept('allow_session'))
    await session
    await tell(writes('two.txt'))
    t.equal(server.written('two.txt'), 'hello', 'nobody is asked again')

    t.match(server.services.approvals.list({}, { limit: 9 }).rows.reverse(), [
      { state: 'allowed', decision: 'allow', by: 'key:anna' },
      { state: 'denied', decision: 'deny', by: 'key:anna', reason: 'not today' },
      { state: 'denied', by: 'key:anna', reason: /declined/ },
      { state: 'allowed', decision: 'allow_session', by: 'key:anna' },
      { state: 'allowed', by: 'policy' }
    ])
    const audited = server.services.audit.list({ limit: 50 }).rows.filter(({ tool }) => tool === 'approval_answer')
    t.equal(audited.length, 4, 'each by the tool, so in the audit trail')
    t.match(audited, Array.from({ length: 4 }, () => ({ caller: 'anna', via: 'mcp', outcome: 'ok', team: 'echo' })))
    await client.close()
    t.same(server.errors, [])
  })
}

t.test('who decides first is heard: the question is taken back and the call goes on', async t => {
  const server = await asking(t)
  const { tell, shown } = await connect(t, wires['over HTTP']!(server, server.key))
  const told = tell(writes('a.txt'))
  const { signal, answer } = await shown()
  const withdrawn = once(signal, 'abort')
  const decide = await fetch(`${server.url}/api/approvals/${(await server.pending()).approvalId}`, {
    method: 'POST', headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }, body: '{"decision":"allow"}'
  })
  t.equal(decide.status, 200)
  await withdrawn
  t.match(await told, { response: 'echo: allowed: Write' })
  answer(accept('deny'))

  const late = await asking(t, { settings: { approvalTimeout: 50 } })
  const other = await connect(t, wires['over HTTP']!(late, late.key))
  const expired = other.tell(writes('b.txt'))
  await once((await other.shown()).signal, 'abort')
  t.match(await expired, { response: /denied: Nobody decided within 50 ms/ }, 'the deadline is one of them')
  t.same([...server.errors, ...late.errors], [])
})

t.test('who does not want to say leaves the question open, and so does who says what the tool does not take', async t => {
  const server = await asking(t)
  const { tell, shown, unseen, client } = await connect(t, wires['over HTTP']!(server, server.key))
  for (const reply of [{ action: 'cancel' }, null, accept('perhaps'), { action: 'accept' }] as (ElicitResult | null)[]) {
    const told = tell(writes('a.txt'))
    const { answer, refuse } = await shown()
    if (reply === null) refuse()
    else answer(reply)
    const { approvalId } = await server.pending()
    if (reply?.action === 'accept') await server.audited({ tool: 'approval_answer', approvalId, outcome: 'ValidationError' })
    else await client.ping().then(() => client.ping())
    server.decide(approvalId, 'deny', 'by another')
    t.match(await told, { response: 'echo: denied: by another' })
  }
  t.equal(unseen.length, 0, 'and each is asked once')
})

t.test('an answer fills in the form and nothing else', async t => {
  const server = await asking(t)
  const { tell, shown } = await connect(t, wires['over HTTP']!(server, server.key))
  const other = openQuestion(server.services, server.services.sessions.open('x', 'echo').id, 'echo')
  const told = tell(writes('a.txt'))
  ;(await shown()).answer(accept('allow', { approvalId: other, input: 'x', __proto__: 'y', by: 'z' }))
  t.match(await told, { response: 'echo: allowed: Write' })
  t.equal(server.written('a.txt'), 'hello')
  t.equal(server.services.approvals.get(other).state, 'pending')
})

t.test('a question that is open when the call ends may still be answered, and is not asked twice', async t => {
  const server = await asking(t)
  const { tell, call, shown, unseen } = await connect(t, wires['over HTTP']!(server, server.key))
  const late = await tell(writes('a.txt'), { timeout: 1 })
  t.match(late, { error: 'TellTimeoutError' })
  const { tellId } = late.details
  const got = call('tell_get', { tellId, wait: 60_000 })
  const { answer } = await shown()
  await call('tell_get', { tellId, wait: 1 })
  t.equal(unseen.length, 0)
  answer(accept('allow'))
  t.match((await got).structuredContent, { state: 'completed', response: 'echo: allowed: Write' })

  const again = await tell(writes('b.txt'), { timeout: 200 })
  t.match(again, { error: 'TellTimeoutError' })
  ;(await shown()).answer(accept('allow'))
  t.match((await call('tell_get', { tellId: again.details.tellId, wait: 60_000 })).structuredContent, { response: 'echo: allowed: Write' })
  t.equal(unseen.length, 0)
})

const unasked: [string, Permission[], Partial<KeyGrant>, Record<string, object> | null][] = [
  ['a client that cannot', ['admin'], {}, null],
  ['a client that shows no forms', ['admin'], {}, { url: {} }],
  ['a key that may not decide', ['tell', 'cache:read'], {}, {}]
]
for (const [whom, permissions, grant, elicitation] of unasked) {
  t.test(`${whom} is not asked`, async t => {
    const server = await asking(t)
    const { tell, unseen } = await connect(t, wires['over HTTP']!(server, server.makeKey({ permissions, ...grant })), { elicitation })
    const told = tell(writes('a.txt'))
    server.decide((await server.pending()).approvalId, 'deny', 'by another')
    t.match(await told, { response: 'echo: denied: by another' })
    t.equal(unseen.length, 0)
  })
}

t.test('a question is decided with what the key may do when it is answered', async t => {
  const apiKey = { name: 'anna', key: 'a-key-that-is-in-config.yaml', permissions: ['tell', 'approve'] as Permission[] }
  const server = await asking(t, { api: { apiKeys: [apiKey] } })
  const { tell, shown } = await connect(t, wires['over HTTP']!(server, apiKey.key))
  const told = tell(writes('a.txt'))
  const { answer } = await shown()
  const config = server.services.config()
  server.services.reconfigure({ ...config, api: { ...config.api, apiKeys: [{ ...apiKey, permissions: ['tell'] }] } })
  answer(accept('allow'))
  await server.audited({ tool: 'approval_answer', caller: 'anna', outcome: 'ForbiddenError' })
  server.decide((await server.pending()).approvalId, 'deny', 'by another')
  t.match(await told, { response: 'echo: denied: by another' })
})

t.test('a client that goes away leaves the question open, and is asked again when it comes back', async t => {
  const server = await asking(t)
  const one = await connect(t, wires['over HTTP']!(server, server.key))
  void one.tell(writes('a.txt')).catch(() => {})
  await one.shown()
  await one.client.close()
  const { approvalId, tellId } = await server.pending()
  t.equal(server.services.approvals.get(approvalId).state, 'pending')
  const two = await connect(t, wires['over HTTP']!(server, server.key))
  const got = two.call('tell_get', { tellId, wait: 60_000 })
  ;(await two.shown()).answer(accept('allow'))
  t.match((await got).structuredContent, { response: 'echo: allowed: Write' })
  t.equal(server.written('a.txt'), 'hello')
})

t.test('a session whose stream broke is asked again by the next', async t => {
  const server = await asking(t)
  let session: Record<string, string> = {}
  const send = async (body: object, signal?: AbortSignal) => {
    const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...session }
    return await fetch(`${server.url}/mcp`, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...body }), ...(signal && { signal }) })
  }
  const opened = await send({ id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo: { name: 'raw', version: '1' } } })
  session = { 'mcp-session-id': opened.headers.get('mcp-session-id')! }
  await opened.text()
  const call = (id: number, name: string, args: object) => ({ id, method: 'tools/call', params: { name, arguments: args } })

  const broken = new AbortController()
  const first = events(await send(call(1, 'team_tell', { toTeam: 'echo', message: writes('a.txt'), timeout: 0 }), broken.signal))
  const { tellId } = await server.pending()
  const one = (await first.next()).value!
  t.match(one, { method: 'elicitation/create' })
  broken.abort()
  await t.rejects(first.next())
  let again: Rpc | undefined
  // Until the server has noticed, its client counts as asked.
  for (let id = 2; again?.method !== 'elicitation/create'; id++) again = (await events(await send(call(id, 'tell_get', { tellId, wait: 20 }))).next()).value!
  t.match(again, { method: 'elicitation/create', params: { message: one.params!.message } })
  t.not(again.id, one.id)
  t.equal((await send({ id: again.id, result: { action: 'accept', content: { decision: 'allow' } } })).status, 202)
  const last = await json(await fetch(`${server.url}/api/tells/${tellId}?wait=60000`, { headers: { authorization: `Bearer ${server.key}` } })) as Loose
  t.match(last, { response: 'echo: allowed: Write' })
})

t.test('nobody listens on for a call that is over, nor for a tell that has ended', async t => {
  const server = await asking(t)
  const { log } = server.services
  const { subscribe } = log
  let open = 0
  log.subscribe = (room, deliver) => {
    const stop = subscribe(room, deliver)
    let stopped = false
    open++
    return () => {
      if (!stopped) open--
      stopped = true
      stop()
    }
  }
  const { tell, call } = await connect(t, wires['over HTTP']!(server, server.key), { elicitation: null })
  const { tellId } = (await tell(writes('a.txt'), { timeout: 1 })).details
  const listening = open
  await call('tell_get', { tellId, wait: 1 })
  t.equal(open, listening)
  server.decide((await server.pending()).approvalId, 'deny', 'by another')
  await call('tell_get', { tellId, wait: 60_000 })
  t.equal(open, 0)
  await tell(writes('b.txt'), { timeout: -1 })
  t.equal(open, 1)
  await tell(writes('a.txt'), { tellId })
  t.equal(open, 1, 'nor for one that had ended before')
})

t.test('over WebSocket whoever tells hears of the questions with its id, once, if it may', async t => {
  const server = await asking(t)
  const teller = await listen(t, server)
  teller.send('approval:subscribe', { team: '*' }, 's')
  await teller.event('result', 's')
  teller.send('tell:start', { toTeam: 'echo', message: writes('a.txt') }, 'mine')
  const { data, seq } = await teller.event('approval:requested', 'mine')
  t.match(data, { team: 'echo', tool: 'Write', input: { file_path: 'a.txt' } })
  teller.send('approval_answer', { approvalId: data.approvalId, decision: 'allow' }, 'a')
  t.match((await teller.event('approval:resolved', 'mine')).data, { approvalId: data.approvalId, by: 'key:admin' })
  t.match((await teller.event('tell:complete', 'mine')).data, { response: 'echo: allowed: Write' })
  t.equal(teller.frames.filter(frame => frame.seq === seq).length, 1)

  const stranger = await listen(t, server, server.makeKey({ permissions: ['tell'] }))
  stranger.send('tell:start', { toTeam: 'echo', message: writes('b.txt') }, 'mine')
  server.decide((await server.pending()).approvalId, 'deny', 'by another')
  await stranger.event('tell:complete', 'mine')
  t.notOk(stranger.frames.some(({ event }) => event.startsWith('approval:')))
})

t.test('a request over WebSocket that hears of a question is over with its answer', async t => {
  const server = await asking(t)
  const socket = await listen(t, server)
  socket.send('team_tell', { toTeam: 'echo', message: writes('a.txt'), timeout: -1 }, 't')
  const { tellId } = (await socket.event('result', 't')).data
  await server.pending()
  for (let n = 0; n < 300; n++) {
    socket.send('tell_get', { tellId, wait: 1 }, `g${n}`)
    t.equal((await socket.until(({ id, event }) => id === `g${n}` && event !== 'approval:requested')).event, 'result')
  }
  t.ok(socket.frames.some(({ event, id }) => event === 'approval:requested' && id === 'g0'))
})
