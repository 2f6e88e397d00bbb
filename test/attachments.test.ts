import t from 'tap'
import { checkSchema, readAttachments } from '../src/attachments.ts'
import { turns } from './fixtures/test-clock.ts'
import { run } from './fixtures/running.ts'
import { wire } from './fixtures/wired.ts'

const tell = (message: string, more: object = {}) => ({ from: 'a', to: 'echo', message, caller: 'key', ...more })
const dot = { name: 'dot.png', mediaType: 'image/png', data: Buffer.from([0x89, 0x50, 0, 255]).toString('base64') }
const note = { name: 'note.md', mediaType: 'text/markdown', data: Buffer.from('# Grüße').toString('base64') }
const able = { capabilities: { images: true, documents: true, schema: true } }
const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }

t.test('files of a queued tell survive a restart, reach the agent byte for byte, and are kept no longer than the tell runs', async t => {
  const before = wire(t, { script: able })
  await before.services.tells.start(tell('busy'))
  await turns()
  const queued = await before.services.tells.start(tell('look', { attachments: [dot, note] }))
  const stopped = before.services.close()
  await before.clock.advance(30_000)
  await stopped
  const last = wire(t, { home: before.home, script: able })
  last.services.tells.recover()()
  await turns()
  const sent = last.agent.processes[0]!.sent.at(-1)!
  t.strictSame(sent.attachments!.map(({ name, mediaType, data }) => [name, mediaType, data.toString('base64')]), [dot, note].map(({ name, mediaType, data }) => [name, mediaType, data]))
  last.agent.processes[0]!.reply('seen')
  await turns()
  t.match(last.services.tells.get(queued.tellId), { state: 'completed', attachments: [{ name: 'dot.png', bytes: 4, sha256: /^[0-9a-f]{64}$/ }, { name: 'note.md' }] })
  t.strictSame(last.services.store.tells.bodies(queued.tellId), [])
})

t.test('the same id with other files, or another form, is another tell', async t => {
  const { services: { tells } } = wire(t, { script: able })
  const tellId = '01890000-0000-7000-8000-000000000001'
  await tells.start(tell('look', { tellId, attachments: [dot], schema }))
  t.equal((await tells.start(tell('look', { tellId, attachments: [dot], schema }))).tellId, tellId)
  for (const other of [{}, { attachments: [dot] }, { schema }, { attachments: [{ ...dot, data: note.data }], schema }, { attachments: [{ ...dot, name: 'b.png' }], schema }, { attachments: [dot], schema: { type: 'object' } }]) {
    await t.rejects(tells.start(tell('look', { tellId, ...other })), { name: 'IdempotencyMismatchError' })
  }
})

t.test('an agent that takes no images, documents or forms says so before anything runs', async t => {
  for (const [capabilities, parts, what] of [
    [{ documents: true, schema: true }, { attachments: [note, dot] }, /takes no images/],
    [{ images: true, schema: true }, { attachments: [dot, note] }, /takes no documents/],
    [{ images: true, documents: true }, { schema }, /takes no schema/]
  ] as const) {
    const { services: { tells, cache }, agent } = wire(t, { script: { capabilities } })
    const { tellId, sessionId } = await tells.start(tell('look', parts))
    await turns()
    t.match(tells.get(tellId), { state: 'failed', error: { error: 'AgentError', message: what, details: { reason: 'not_offered' } } })
    t.same(agent.processes[0]!.sent, [])
    t.same(cache.read(sessionId, 0, 10).entries, [])
    await tells.start(tell('plain'))
    await turns()
    t.equal(agent.processes.at(-1)!.sent.length, 1, 'the next tell runs')
  }
})

t.test('a form holds for its tell alone: the agent starts again with it, and without it, and the conversation goes on', async t => {
  const { services: { tells }, agent } = wire(t, { script: able })
  const answer = async (started: { tellId: string }, structured?: unknown) => {
    await turns()
    const process = agent.processes.at(-1)!
    process.say({ type: 'text', tellId: started.tellId, text: 'said' })
    process.say({ type: 'ended', tellId: started.tellId, outcome: 'completed', ...(structured !== undefined && { structured }) })
    await turns()
    return tells.get(started.tellId)
  }
  t.match(await answer(await tells.start(tell('plain'))), { state: 'completed', structured: undefined })
  t.match(await answer(await tells.start(tell('form', { schema })), { n: 1 }), { state: 'completed', response: 'said', structured: { n: 1 } })
  t.match(await answer(await tells.start(tell('again', { schema })), 0), { state: 'completed', structured: 0 })
  t.match(await answer(await tells.start(tell('none', { schema }))), { state: 'failed', response: 'said', error: { message: /no answer in the form/ } })
  t.match(await answer(await tells.start(tell('plain'))), { state: 'completed' })
  t.strictSame(agent.processes.map(({ start }) => [start.schema, start.resume]), [[undefined, false], [schema, true], [undefined, true]])
  t.equal(agent.alive(), 1)
})

t.test('what is no file of its kind, or no schema of an object, is refused', async t => {
  const latin = Buffer.from('Grüße', 'latin1').toString('base64')
  t.throws(() => readAttachments([{ ...note, data: latin }]), { name: 'ValidationError', message: /attachments\.0 \('note\.md'\).*no UTF-8/ })
  t.throws(() => readAttachments([dot, { ...note, data: 'abcde' }]), { name: 'ValidationError', message: /attachments\.1.*base64/ })
  for (const wrong of [{}, { type: 'string' }, { type: 'object', properties: 7 }, { type: 'object', required: 'n' }]) t.throws(() => { checkSchema(wrong) }, { name: 'ValidationError' })
  t.throws(() => { checkSchema({ type: 'object', description: 'x'.repeat(70_000) }) }, { name: 'ValidationError', message: /longer than/ })
  t.doesNotThrow(() => { checkSchema({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema }) })
})

t.test('over REST: malformed files are refused by name, and an agent without eyes says so', async t => {
  const { url, key } = await run(t)
  const post = async (more: object) => {
    const response = await fetch(`${url}/api/teams/tell`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ toTeam: 'echo', message: 'look', ...more }) })
    return { status: response.status, body: await response.json() as object }
  }
  t.match(await post({ attachments: [dot] }), { status: 502, body: { error: 'AgentError', message: /takes no images/ } })
  for (const wrong of [{ ...dot, name: '../x' }, { ...dot, mediaType: 'application/x-sh' }, { ...dot, data: 'no base64!' }, { ...dot, extra: 1 }, { name: 'x', mediaType: 'image/png' }]) {
    t.match(await post({ attachments: [wrong] }), { status: 400, body: { error: 'ValidationError' } })
  }
  t.match(await post({ attachments: [] }), { status: 400 })
  t.match(await post({ attachments: Array.from({ length: 21 }, () => dot) }), { status: 400 })
  t.match(await post({ schema: { type: 'array' } }), { status: 400, body: { message: /must describe an object/ } })
})
