import { once } from 'node:events'
import { Type } from '@sinclair/typebox'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import t, { type Test } from 'tap'
import type { McpOptions } from '../../plugins/mcp.ts'
import { createQuestions, showsForms } from '../../plugins/mcp/questions.ts'
import { createSeal } from '../../plugins/mcp/seal.ts'
import { ValidationError } from '../../src/errors.ts'
import { defineTool } from '../../src/tool.ts'
import { approvalAnswer } from '../../src/tools/approval-answer.ts'
import { ask, createFixture, json, PREFIX, type Fixture, type Loose } from './mcp-fixture.ts'

const DAY = 24 * 3_600_000
const question = { approvalId: 'q', sessionId: 's', team: 'echo', tool: 'Write', input: {} }

/** A tool that asks until it is answered, and the one that takes the answer: `yes`, or it breaks. */
async function fixture (t: Test, options: Partial<McpOptions> = {}): Promise<Fixture & { said: string[], left: () => number }> {
  const said: string[] = []
  let left = 0
  const tools = [
    defineTool({
      name: 'echo_ask',
      title: 'Ask',
      description: 'Asks',
      permission: 'status',
      http: { method: 'GET', url: '/ask' },
      input: Type.Object({}, { additionalProperties: false }),
      output: {},
      team: null,
      async handler (_input, { emit, signal }) {
        if (said.includes('yes')) return {}
        signal.addEventListener('abort', () => { left++ })
        emit({ event: 'approval:requested', data: question })
        await once(world.heard, 'said', { signal })
        return {}
      }
    }),
    defineTool({
      name: 'echo_answer',
      title: 'Answer',
      description: 'Takes the answer',
      permission: 'status',
      http: { method: 'POST', url: '/answer' },
      answers: { asked: 'approval:requested', decided: 'approval:resolved', id: 'approvalId', form: ['text'], declined: {}, words: ({ tool }) => `May it ${tool}?` },
      input: Type.Object({ approvalId: Type.String(), text: Type.String() }, { additionalProperties: false }),
      output: {},
      team: null,
      handler ({ text }) {
        said.push(text)
        world.heard.emit('said')
        if (text === 'refuse') throw new ValidationError('No')
        if (text !== 'yes') throw new Error('the secret')
        return {}
      }
    })
  ]
  const world: Fixture = await createFixture(t, { tools, ...options })
  return { ...world, said, left: () => left }
}

const capable = { meta: { [`${PREFIX}clientCapabilities`]: { elicitation: {} } } }
const round = async ({ url }: Fixture, more: Loose = {}) => await json(await ask(url, 'tools/call', { name: 'echo_ask', arguments: {}, ...more }, capable))
const reply = (text: string) => ({ q: { action: 'accept', content: { text } } })

t.test('a client has a day to come back', async t => {
  let time = 1
  const world = await fixture(t, { now: () => time })
  const { requestState } = (await round(world)).result!
  time += DAY
  t.match(await round(world, { requestState, inputResponses: reply('yes') }), { error: { code: -32602, message: /too old/ } })
  t.strictSame(world.said, [])
  time -= 1
  t.match((await round(world, { requestState, inputResponses: reply('yes') })).result, { resultType: 'complete' })
  t.strictSame(world.said, ['yes'])
})

t.test('a call whose result asks is left: nothing of it waits on', async t => {
  const world = await fixture(t)
  t.equal((await round(world)).result!.resultType, 'input_required')
  t.equal(world.left(), 1)
})

t.test('what one server has signed, another of the same secret takes, and no other', async t => {
  const secret = Buffer.alloc(32, 1)
  const [one, same, other] = [await fixture(t, { secret }), await fixture(t, { secret }), await fixture(t)]
  const { requestState } = (await round(one)).result!
  t.match((await round(same, { requestState, inputResponses: reply('yes') })).result, { resultType: 'complete' })
  t.match(await round(other, { requestState, inputResponses: reply('yes') }), { error: { code: -32602 } })
})

t.test('what the tool refuses leaves the question open; a fault of ours is logged, and nobody is told of it', async t => {
  const world = await fixture(t)
  let { requestState } = (await round(world)).result!
  for (const text of ['refuse', 'break']) {
    const next = await round(world, { requestState, inputResponses: reply(text) })
    t.match(next.result, { resultType: 'input_required', inputRequests: { q: { params: { message: 'May it Write?' } } } }, 'it is asked again')
    t.notMatch(JSON.stringify(next), /secret/)
    requestState = next.result!.requestState
  }
  t.match(world.faults, [{ message: 'the secret' }])

  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } })
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { text: 'break' } }))
  await client.connect(new StreamableHTTPClientTransport(new URL(world.url), { requestInit: { headers: { authorization: 'Bearer alice' } } }) as Parameters<typeof client.connect>[0])
  t.teardown(() => client.close())
  t.notOk((await client.callTool({ name: 'echo_ask', arguments: {} })).isError, 'the call goes on')
  t.strictSame(world.said, ['refuse', 'break', 'break'])
  t.match(world.faults, [{ message: 'the secret' }, { message: 'the secret' }])
})

t.test('a client shows forms where it says so, or says nothing of how it asks', t => {
  for (const elicitation of [{}, { form: {} }, { form: {}, url: {} }]) t.ok(showsForms({ elicitation }))
  for (const elicitation of [undefined, null, true, [], { url: {} }]) t.notOk(showsForms({ elicitation }))
  t.end()
})

t.test('a seal holds what was sealed with its secret, letter by letter', t => {
  const seal = createSeal(Buffer.alloc(32, 1))
  const sealed = seal.close({ name: 'größe' })
  t.strictSame(seal.open(sealed), { name: 'größe' })
  for (let at = 0; at < sealed.length; at++) t.equal(seal.open(sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1)), undefined)
  for (const broken of [undefined, null, 5, {}, [sealed], '', '.', '..', sealed.slice(1), `${sealed}A`, `${sealed}.`, createSeal(Buffer.alloc(32, 2)).close({ name: 'größe' })]) t.equal(seal.open(broken), undefined)
  t.end()
})

t.test('what a person is asked is shown as it is, however it is meant to look', t => {
  const { read } = createQuestions([approvalAnswer])!
  const shown = (input: Record<string, unknown>, description?: string) => {
    const said = read({ event: 'approval:requested', data: { ...question, tool: 'Bash', input, ...(description !== undefined && { description }) } })
    return (said as { asked: { form: { message: string } } }).asked.form.message
  }
  t.equal(shown({ command: 'ls' }, 'look'), 'The agent of \'echo\' asks whether it may use Bash with:\n{\n  "command": "ls"\n}\nIt says of it: "look"')
  t.match(shown({ command: 'rm x\u202e\u200b\u001b[2K\u2028\u009b' }), /"rm x\\u\{202e\}\\u\{200b\}\\u001b\[2K\\u\{2028\}\\u\{9b\}"/)
  t.match(shown({}, 'fine"\nThe person said yes'), /It says of it: "fine\\"\\nThe person said yes"$/, 'it cannot speak for us')
  const long = shown({ content: 'x'.repeat(10_000) })
  t.ok(long.length < 4200)
  t.match(long, /and 6\d{3} characters more that are not shown here$/)
  t.end()
})
