import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { AgentError, Iris, TeamNotFoundError, TellTimeoutError, UnauthorizedError } from '../src/index.ts'
import { realServer, root, type RealServer } from './real-server.ts'

let server: RealServer
let iris: Iris
before(async () => {
  server = await realServer()
  iris = new Iris(server)
})
after(() => server.close())

test('a team answers', async () => {
  const { response, from, to } = await iris.tell('echo', 'hello', { from: 'me' })
  assert.deepEqual([response, from, to], ['echo: hello', 'me', 'echo'])
})

test('a key that was read from a file ends in a line break', async () => {
  assert((await new Iris({ url: server.url, key: `${server.key}\n` }).teamList({})).teams.length > 0)
})

test('an id of one\'s own is one tell, however often it is sent', async () => {
  const tellId = crypto.randomUUID()
  const [one, two] = await Promise.all([iris.tell('echo', 'once', { tellId, from: 'me' }), iris.tell('echo', 'once', { tellId, from: 'me' })])
  assert.deepEqual([one.tellId, one.response], [two.tellId, two.response])
  assert.equal((await iris.tellList({ limit: 500 })).tells.filter(tell => tell.message === 'once').length, 1)
})

test('a wait that ends first leaves the tell to go on', async () => {
  const err = await iris.tell('echo', '!slow 5 100 in the end', { from: 'waiter', timeout: 50 }).catch((err: unknown) => err)
  assert(err instanceof TellTimeoutError)
  const { response } = await iris.tellGet({ tellId: String(err.details.tellId), wait: 20_000 })
  assert.match(response, /in the end/)
})

for (const message of ['hello', '!unicode', '!restart', '!blocks', '!slow 8 5 a word or two']) {
  test(`the pieces of ${message} make the answer to the letter`, async () => {
    const stream = iris.stream('echo', message, { from: 'streamer' })
    let text = ''
    for await (const { offset, chunk } of stream) text = text.slice(0, offset) + chunk
    const { response } = await iris.tellGet({ tellId: stream.tellId })
    assert.deepEqual([text, stream.answer!.response], [response, response])
  })
}

test('an answer is whole, and read while it grows, over a line that breaks again and again', async () => {
  let connections = 0
  const flaky = new Iris({ url: server.flaky, key: server.key, fetch: (input, init) => { if (String(input).includes('/events/stream')) connections++; return fetch(input, init) } })
  const stream = flaky.stream('echo', `!slow 60 20 ${'word '.repeat(60)}`, { from: 'flaky' })
  let [text, pieces] = ['', 0]
  for await (const { offset, chunk } of stream) {
    assert.equal(offset, text.length, 'nothing comes twice')
    text += chunk
    pieces++
  }
  assert.equal(text, (await iris.tellGet({ tellId: stream.tellId })).response)
  assert(pieces > 5 && connections > 2, `${pieces} pieces over ${connections} connections`)
})

test('events come in order, once each, over a line that breaks', async () => {
  const { head } = await iris.eventList({ limit: 1 })
  await iris.tell('echo', `!slow 40 1 ${'much to say '.repeat(40)}`, { from: 'events' })
  const { events } = await iris.eventList({ after: head, limit: 1000 })
  const seen: unknown[] = []
  for await (const { seq, event, data } of new Iris({ url: server.flaky, key: server.key }).events({ after: head })) if (seen.push({ seq, event, data }) === events.length) break
  assert.deepEqual(seen, events.map(({ seq, event, data }) => ({ seq, event, data })))
})

test('reading stops when the signal says so', async () => {
  const stop = new AbortController()
  const reading = (async () => { for await (const { event } of iris.events({ notices: true, signal: stop.signal })) if (event === 'caught_up') stop.abort() })()
  await assert.rejects(reading, { name: 'AbortError' })
})

test('errors have the class of their name, and details', async () => {
  await assert.rejects(iris.tell('nobody', 'hello'), TeamNotFoundError)
  await assert.rejects(new Iris({ ...server, key: 'wrong' }).teamList(), UnauthorizedError)
  const crash = (err: unknown) => err instanceof AgentError && err.details.exitCode === 3 && /told to crash/.test(JSON.stringify(err.details))
  await assert.rejects(iris.tell('echo', '!crash 3', { from: 'crasher' }), crash)
  await assert.rejects(iris.stream('echo', '!crash 3', { from: 'crasher' }).final(), crash)
})

interface Schema { type?: string, enum?: unknown[], minimum?: number, minLength?: number }
interface Operation { operationId: string, parameters?: { name: string, in: string, required: boolean, schema: Schema }[], requestBody?: { content: { 'application/json': { schema: { properties: Record<string, Schema>, required?: string[] } } } }, responses: { 200: { content: { 'application/json': { schema: { required: string[] } } } } } }
const json = <T>(path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8')) as T
const parity = json<{ known: Record<string, unknown>, made: string[], question: string }>('clients/fixtures/parity.json')

for (const { operationId, parameters = [], requestBody, responses } of Object.values(json<{ paths: Record<string, Record<string, Operation>> }>('openapi.json').paths).flatMap(methods => Object.values(methods))) {
  test(`${operationId} can be called`, async () => {
    const body = requestBody?.content['application/json'].schema
    const required: [string, Schema][] = [
      ...parameters.filter(one => one.required).map(({ name, schema }): [string, Schema] => [name, schema]),
      ...(body?.required ?? []).map((name): [string, Schema] => [name, body!.properties[name]!])
    ]
    const made: Record<string, unknown> = required.some(([name]) => parity.made.includes(name)) ? { ...await iris.tell('echo', 'hello', { from: `js-${operationId}` }) } : {}
    if (required.some(([name]) => name === 'approvalId')) {
      const { sessionId } = await iris.teamTell({ toTeam: 'echo', message: parity.question, fromTeam: `js-${operationId}`, timeout: -1 })
      for await (const { event, data } of iris.events({ after: 0, rooms: [`session:${sessionId}`] })) {
        made.approvalId = data.approvalId
        if (event === 'approval:requested') break
      }
      const open = (await iris.approvalList({ state: 'pending' })).approvals.find(one => one.approvalId === made.approvalId)
      assert.equal(open?.sessionId, sessionId)
    }
    made.keyName = `js-${operationId}`
    if (required.some(([name]) => name === 'keyName') && operationId !== 'key_create') await iris.keyCreate({ keyName: made.keyName as string, permissions: ['status'] })
    if (required.some(([name]) => name === 'webhookId')) made.webhookId = (await iris.webhookCreate({ url: String(parity.known.url), team: String(parity.known.team) })).webhookId
    const input = Object.fromEntries(required.map(([name, schema]) => [name, parity.known[name] ?? (parity.made.includes(name) ? made[name] : valueOf(schema))]))
    const method = operationId.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    const output = await (iris as unknown as Record<string, (input: object) => Promise<object>>)[method]!(input)
    for (const field of responses[200].content['application/json'].schema.required) assert.ok(field in output, `${field} is there`)
  })
}

function valueOf (schema: Schema): unknown {
  if (schema.enum !== undefined) return schema.enum[0]
  switch (schema.type) {
    case 'integer': case 'number': return schema.minimum ?? 1
    case 'boolean': return false
    case 'array': return []
    case 'object': return {}
    default: return 'x'.repeat(schema.minLength ?? 1)
  }
}
