import { Type } from '@sinclair/typebox'
import t from 'tap'
import { SessionId } from '../schemas/session.ts'
import { TeamName } from '../schemas/team.ts'
import { RateLimitedError } from '../src/errors.ts'
import { defineTool, speaker, type Call, type Caller } from '../src/tool.ts'
import { run } from './fixtures/running.ts'
import { transports } from './fixtures/transports.ts'

const caller = (more: Partial<Caller> = {}): Caller => ({ name: 'k', self: 'k', permissions: new Set(['status']), teams: null, as: null, ...more })
const call = (more: Partial<Call> = {}) => ({ caller: caller(), audit: { record () {} }, clock: { now: () => 42, after: () => () => {} }, charge () {}, emit () {}, ...more }) as unknown as Call

/** The tool of this test: small, and whole. */
const teamGreet = defineTool({
  name: 'team_greet',
  title: 'Greet a team',
  description: 'Says hello, as often as wanted.',
  permission: 'status',
  http: { method: 'GET', url: '/teams/:teamName/greet' },
  charge: 'tell',
  input: Type.Object({ teamName: Type.String({ pattern: '^[a-z]+$', description: 'a team' }), times: Type.Integer({ default: 1, minimum: 1 }) }, { additionalProperties: false }),
  output: { greeting: Type.String() },
  team: ({ teamName }) => teamName,
  handler: ({ teamName, times }) => ({ greeting: `Hello ${teamName}! `.repeat(times).trim() })
})

t.test('a tool answers with its output and the time, and fills in defaults', async t => {
  t.same(await teamGreet.run({ teamName: 'echo' }, call()), { greeting: 'Hello echo!', timestamp: 42 })
  t.same(teamGreet.input.required, ['teamName'], 'a field with a default is not required of the caller')
  const input = Object.freeze({ teamName: 'echo' })
  await teamGreet.run(input, call())
  t.same(input, { teamName: 'echo' }, 'the input of the caller stays as it was')
})

t.test('bad input is named, with what to do', async t => {
  const rows: [unknown, RegExp][] = [
    [undefined, /'teamName' is required/],
    [null, /'teamName' is required/],
    [{ team: 'echo' }, /^'teamName' is required; unknown field 'team'; team_greet takes teamName, times$/],
    [[], /^the input must be an object$/],
    ['text', /^the input must be an object$/],
    [{ teamName: 'echo', bogus: 1 }, /unknown field 'bogus'; team_greet takes teamName, times/],
    [{ teamName: 'echo', ['x'.repeat(200)]: 1 }, /unknown field 'x{100}'; team_greet/],
    [{ teamName: 'NOT' }, /'teamName' is malformed; expected: a team/],
    [{ teamName: 'echo', times: '2' }, /^'times' must be a whole number$/],
    [{ teamName: 'echo', times: 0 }, /'times' must be at least 1/],
    [{ teamName: 'echo', times: NaN }, /^'times' must be a whole number$/],
    [{ teamName: 1 }, /^'teamName' must be a string$/],
    [JSON.parse('{"teamName":"echo","__proto__":{"times":3}}'), /unknown field '__proto__'/]
  ]
  for (const [input, message] of rows) await t.rejects(teamGreet.run(input, call()), { name: 'ValidationError', statusCode: 400, message }, JSON.stringify(input) ?? 'undefined')
})

t.test('what is too much, too little, there twice or malformed is said in a sentence, whatever the field is for', async t => {
  const tool = defineTool({
    ...teamGreet,
    input: Type.Object({
      name: Type.Optional({ ...TeamName, description: 'Who it is for' }),
      session: Type.Optional({ ...SessionId, description: 'Where' }),
      words: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 3 }), { minItems: 1, maxItems: 2, uniqueItems: true })),
      share: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
      either: Type.Optional(Type.Unsafe<string | boolean>({ type: ['string', 'boolean'] }))
    }, { additionalProperties: false }),
    output: { greeting: Type.String() },
    team: null,
    handler: () => ({ greeting: '' })
  })
  const rows: [object, string][] = [
    [{ name: 'A' }, "'name' is malformed; expected: lower-case letters, digits, `_`, `.` and `-`, at most 64, the first a letter or a digit"],
    [{ session: 'x' }, "'session' is malformed; expected: a UUID in lower case"],
    [{ words: [] }, "'words' must not be empty"],
    [{ words: ['a', 'b', 'c'] }, "'words' must have at most 2 items"],
    [{ words: ['a', 'a'] }, "'words' must not hold the same twice"],
    [{ words: [''] }, "'words.0' must not be empty"],
    [{ words: ['long'] }, "'words.0' must have at most 3 characters"],
    [{ words: {} }, "'words' must be an array"],
    [{ share: 0 }, "'share' must be more than 0"],
    [{ share: 2 }, "'share' must be at most 1"],
    [{ share: 'x' }, "'share' must be a number"],
    [{ either: 1 }, "'either' must be a string or true or false"]
  ]
  for (const [input, message] of rows) await t.rejects(tool.run(input, call()), { name: 'ValidationError', message }, JSON.stringify(input))
})

t.test('text that is no valid Unicode is refused, with the field it stands in', async t => {
  const tool = defineTool({
    ...teamGreet,
    input: Type.Object({ text: Type.String(), more: Type.Optional(Type.Unsafe<object>({ type: 'object' })) }, { additionalProperties: false }),
    output: { text: Type.String() },
    team: null,
    handler: ({ text }) => ({ text })
  })
  t.match(await tool.run({ text: 'whole 😀', more: { a: ['😀'] } }, call()), { text: 'whole 😀' })
  await t.rejects(tool.run({ text: 'half \uD83D' }, call()), { name: 'ValidationError', message: /^'text' is no valid Unicode/ })
  await t.rejects(tool.run({ text: '', more: { a: ['', '\uDE00'] } }, call()), { name: 'ValidationError', message: /^'more.a.1' is no valid Unicode/ })
  const deep = (levels: number) => tool.run({ text: '', more: JSON.parse('{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1)) as object }, call())
  await t.resolves(deep(500))
  for (const levels of [501, 100_000]) await t.rejects(deep(levels), { name: 'ValidationError', message: "'more' is nested more than 500 levels deep" })
})

t.test('a key that would change what an object is, is refused by its name; one that only looks like it is not', async t => {
  const tool = defineTool({
    ...teamGreet,
    input: Type.Object({ more: Type.Unsafe<object>({ type: 'object' }) }, { additionalProperties: false }),
    output: { more: Type.Unknown() },
    team: null,
    handler: ({ more }) => ({ more })
  })
  const runWith = (json: string) => tool.run({ more: JSON.parse(json) as object }, call())
  await t.rejects(runWith('{"a":[{"__proto__":1}]}'), { name: 'ValidationError', message: "'more.a.0.__proto__' is not taken: no key may be called '__proto__'" })
  await t.rejects(runWith('{"constructor":{"prototype":null}}'), { name: 'ValidationError', message: "'more.constructor.prototype' is not taken: no 'constructor' may hold a 'prototype'" })
  for (const json of ['{"constructor":"x"}', '{"constructor":{"name":1}}', '{"prototype":{"constructor":1}}', '{"a":"__proto__"}']) t.match(await runWith(json), { more: JSON.parse(json) as object })
})

t.test('first the permission, then the input, then the team, then the limit', async t => {
  const spent = () => { throw new RateLimitedError('enough') }
  const lacking = caller({ permissions: new Set(['tell']) })
  const elsewhere = caller({ teams: new Set(['other']) })
  await t.rejects(teamGreet.run({ bogus: 1 }, call({ caller: lacking, charge: spent })), { name: 'ForbiddenError', message: "This key lacks the permission 'status'" })
  await t.rejects(teamGreet.run({ bogus: 1 }, call({ caller: elsewhere, charge: spent })), { name: 'ValidationError' })
  await t.rejects(teamGreet.run({ teamName: 'echo' }, call({ caller: elsewhere, charge: spent })), { name: 'ForbiddenError', message: "This key does not reach the team 'echo'" })
  await t.rejects(teamGreet.run({ teamName: 'echo' }, call({ charge: spent })), { name: 'RateLimitedError' })
  await t.resolves(teamGreet.run({ teamName: 'echo' }, call({ caller: caller({ permissions: new Set(['admin']) }) })), 'admin is all')
})

t.test('who speaks is who the key says', async t => {
  t.equal(speaker(caller(), undefined), 'k')
  t.equal(speaker(caller(), 'anyone'), 'anyone')
  t.equal(speaker(caller({ self: 'frontend', as: new Set(['frontend', 'tests']) }), undefined), 'frontend')
  t.equal(speaker(caller({ self: 'frontend', as: new Set(['frontend', 'tests']) }), 'tests'), 'tests')
  t.throws(() => speaker(caller({ self: 'frontend', as: new Set(['frontend']) }), 'backend'), { name: 'ForbiddenError', message: "This key may not speak as 'backend'" })
})

t.test('an answer that its own schema does not know is a fault of ours', async t => {
  const wrong = defineTool({ ...teamGreet, input: teamGreet.input, output: { greeting: Type.String() }, team: null, handler: () => ({ greeting: 7 as unknown as string }) })
  await t.rejects(wrong.run({ teamName: 'echo' }, call()), { name: 'Error', message: /team_greet answered what its schema does not say/ })
})

t.test('a tool that MCP clients cannot carry is refused when it is defined', async t => {
  const define = (more: object) => () => defineTool({ ...teamGreet, output: { greeting: Type.String() }, team: null, handler: () => ({ greeting: '' }), ...more } as Parameters<typeof defineTool>[0])
  const closed = { additionalProperties: false }
  t.throws(define({ name: 'teamGreet' }), /must be noun_verb/)
  t.throws(define({ name: `team_${'x'.repeat(60)}` }), /at most 64/)
  t.throws(define({ input: Type.Object({}) }), /must refuse unknown fields/)
  t.throws(define({ input: { ...Type.Object({}, closed), anyOf: [] } }), /no anyOf at the root of the input/)
  t.throws(define({ input: Type.Object({ a: Type.Ref('b') }, closed) }), /no \$ref/)
  t.throws(define({ output: { pair: Type.Tuple([Type.String(), Type.String()]) } }), /no tuples/)
})

t.test('a tool on the list is on every transport, in the document, permitted and limited', async t => {
  const ways = Object.keys(transports).length
  const server = await run(t, { tools: [teamGreet], api: { rateLimit: { max: 1000, window: 900_000, tells: ways + 1, tellWindow: 60_000 } } })
  const key = server.makeKey({ permissions: ['status'] })
  for (const [name, connect] of Object.entries(transports)) {
    const { call, close } = await connect(server.url, key, [teamGreet])
    t.match(await call('team_greet', { teamName: 'echo', times: 2 }), { ok: true, body: { greeting: 'Hello echo! Hello echo!' } }, name)
    await close()
  }
  t.match(await (await fetch(`${server.url}/openapi.json`)).json(), { paths: { '/api/teams/{teamName}/greet': { get: { operationId: 'team_greet' } } } })
  // A call by each way, and one more, are all there may be; the next is refused whichever way it comes.
  const { call } = await transports.rest!(server.url, key, [teamGreet])
  t.match(await call('team_greet', { teamName: 'echo' }), { ok: true })
  for (const [name, connect] of Object.entries(transports)) {
    const { call, close } = await connect(server.url, key, [teamGreet])
    t.match(await call('team_greet', { teamName: 'echo' }), { ok: false, body: { error: 'RateLimitedError', statusCode: 429, details: { retryAfter: Number } } }, name)
    await close()
  }
})
