import { randomUUID } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import type { Tool } from '../src/tool.ts'
import { tools } from '../src/tools/index.ts'
import { openKey } from './fixtures/key.ts'
import { openQuestion } from './fixtures/question.ts'
import { never, run } from './fixtures/running.ts'
import { sample } from './fixtures/sample.ts'
import { transports, type Answer } from './fixtures/transports.ts'
import { ADDRESS, openWebhook } from './fixtures/webhook.ts'

/** What differs from one call to the next by its nature becomes its kind. */
const VOLATILE = /(Id|At)$|^(id|seq|pid|since|timestamp|duration|uptime|next|cursor|from|name|self|reason|total|active|messageCount|sessionId|usage|costUsd|at|secret|previousUntil|key|keyName)$/
function normal (value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map(one => JSON.stringify(normal(one))))].sort()
  if (typeof value === 'string') return value.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, one]) => [key, VOLATILE.test(key) && (typeof one !== 'object') ? typeof one : normal(one)]))
}

t.test('every schema of a tool is a JSON Schema', async t => {
  const ajv = new Ajv2020()
  for (const { name, input, output } of tools) for (const schema of [input, output]) t.ok(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`)
})

t.test('every tool gives the same on every transport', async t => {
  const server = await run(t, { teams: { echo: { permissions: 'ask' } } })
  const connections = await Promise.all(Object.entries(transports).map(async ([name, connect]) => [name, await connect(server.url, server.key)] as const))
  t.teardown(() => Promise.all(connections.map(([, { close }]) => close())))

  const ask = async (tool: Tool, inputOf: () => Promise<Record<string, unknown>>) => {
    const answers: [string, Answer][] = []
    for (const [name, { call }] of connections) answers.push([name, await call(tool.name, await inputOf())])
    const [, first] = answers[0]!
    for (const [name, answer] of answers.slice(1)) t.same(normal(answer), normal(first), `${tool.name} by ${name} as by rest`)
    return first
  }

  const world = { teamName: 'echo', toTeam: 'echo', message: 'hello', sessionId: randomUUID(), tellId: randomUUID(), approvalId: randomUUID(), webhookId: randomUUID(), url: ADDRESS, team: 'echo', permissions: ['status'] }
  /** Each transport meets the same: where a tool asks for it, a conversation of its own with one answered tell. */
  const fresh = async ({ name, input }: Tool) => {
    if (name === 'key_create') return { ...world, keyName: `made-${randomUUID()}` }
    if (input.required!.includes('keyName')) return { ...world, keyName: openKey(server.services) }
    if (input.required!.includes('webhookId')) return { ...world, webhookId: openWebhook(server.services, 'echo') }
    if (!['sessionId', 'tellId', 'approvalId'].some(name => input.required!.includes(name))) return world
    const { tellId, sessionId } = await server.services.tells.start({ from: `via-${randomUUID().slice(0, 8)}`, to: 'echo', message: 'hello', caller: 'admin' })
    await server.services.tells.wait(tellId, 0, never)
    return { ...world, tellId, sessionId, ...(input.required!.includes('approvalId') && { approvalId: openQuestion(server.services, sessionId, 'echo') }) }
  }

  for (const tool of tools) {
    await t.test(tool.name, async t => {
      t.ok((await ask(tool, async () => sample(tool, await fresh(tool)))).ok, 'it works')

      const unknown = await ask(tool, async () => ({ ...sample(tool, world), bogus: 1 }))
      t.match(unknown, { ok: false, body: { error: 'ValidationError', statusCode: 400, message: /unknown field 'bogus'/ } })

      const text = Object.entries(tool.input.properties).find(([, schema]) => schema.pattern !== undefined)?.[0]
      if (text !== undefined) {
        const malformed = await ask(tool, async () => ({ ...sample(tool, world), [text]: 'Not Valid!' }))
        t.match(malformed, { ok: false, body: { error: 'ValidationError', message: new RegExp(`'${text}'`) } })
      }
      for (const [field, absent] of [['teamName', 'constructor'], ['toTeam', 'nobody'], ['sessionId', randomUUID()], ['tellId', randomUUID()], ['approvalId', randomUUID()], ['webhookId', randomUUID()], ['keyName', 'nobody']]) {
        if (!tool.input.required!.includes(field!) || tool.name === 'key_create') continue
        const missing = await ask(tool, async () => ({ ...sample(tool, world), [field!]: absent }))
        t.match(missing, { ok: false, body: { error: /^(Team|Session|Tell|Approval|Webhook|)NotFoundError$/, statusCode: 404 } })
      }
    })
  }
  t.same(server.errors, [])
})
