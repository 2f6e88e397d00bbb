import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Exit, Launched, Program } from '../../../src/agent/agent.ts'
import { createPlace, type Place, type Shell } from '../../../src/agent/launch/place.ts'
import { judgeSsh } from '../../../src/agent/launch/ssh.ts'
import { AgentError, type IrisError } from '../../../src/errors.ts'
import { createTestClock } from '../../fixtures/test-clock.ts'

const program: Program = { command: 'agent', args: [], cwd: '/there', env: {} }

/** A place whose way there is played by the test. */
function lab (random = () => 1) {
  const clock = createTestClock()
  const cleaned: string[] = []
  const shell: Shell = {
    where: 'devbox',
    program: async command => ({ command: 'shell', args: [command], cwd: '/', env: {} }),
    judge: words => judgeSsh('devbox', words),
    forward: access => ({ spec: 'spec', access: { ...access, url: 'http://there' } }),
    clean: async session => { cleaned.push(session) }
  }
  const place = createPlace(shell, { clock, random })
  /** Begins a start; `nonce` as the script says it. */
  const begin = async (sessionId: string = randomUUID()) => {
    const way = place.open({ sessionId })
    const launched = await way.launch(program)
    return { way, launched, nonce: /([0-9a-f-]{36}) ready/.exec(launched.lead)![1]! }
  }
  const exit = (more: Partial<Exit> = {}): Exit => ({ code: 255, signal: null, stderr: '', expected: false, ...more })
  const end = (launched: Launched, more?: Partial<Exit>) => launched.end(exit(more))
  /** An attempt that fails with these words; the error that is told. */
  const fail = async (words = 'ssh: connect to host devbox port 22: Connection refused') => {
    const { way, launched } = await begin()
    await end(launched, { stderr: words })
    return way.explain(new AgentError('it ended'), false) as IrisError
  }
  return { clock, place, begin, end, fail, cleaned }
}

/** Why no attempt can be made now. */
function refusal (place: Place): IrisError | undefined {
  try {
    place.open({ sessionId: 'x' })
    return undefined
  } catch (err) {
    return err as IrisError
  }
}

t.test('It is offline until it is tried, online from its greeting on, whatever is printed before that', async t => {
  const { clock, place, begin } = lab()
  t.match(place.status(), { where: 'devbox', state: 'offline', reason: 'not tried yet' })
  await clock.advance(5)
  const { launched, nonce } = await begin()
  t.equal(launched.hear(Buffer.from('Welcome to devbox\nLast login: never\n')), undefined)
  t.equal(launched.hear(Buffer.from(`more ${nonce} rea`)), undefined)
  t.equal(launched.hear(Buffer.from('dy\n{"first":1}\n'))!.toString(), '{"first":1}\n')
  t.equal(launched.hear(Buffer.from('more'))!.toString(), 'more')
  t.match(place.status(), { state: 'online', since: clock.now(), reason: 'connected' })
})

t.test('However its greeting is cut, what follows is the program\'s, to the byte', async t => {
  const { begin } = lab()
  for (let size = 1; size < 60; size++) {
    const { launched, nonce } = await begin()
    const all = Buffer.from(`noise ${nonce}\n${nonce} ready\n€ and more`)
    const heard = Array.from({ length: Math.ceil(all.length / size) }, (_, n) => launched.hear(all.subarray(n * size, (n + 1) * size)) ?? Buffer.alloc(0))
    t.equal(Buffer.concat(heard).toString(), '€ and more', `pieces of ${size}`)
  }
})

t.test('The end that the script tells is the program\'s; without it the connection broke', async t => {
  const { place, begin, end } = lab()
  const { launched, nonce } = await begin()
  launched.hear(Buffer.from(`${nonce} ready\n`))
  t.strictSame(await end(launched, { code: 3, stderr: `why\n\n${nonce} ended 3\nConnection closed.\n` }), { code: 3, signal: null, stderr: 'why\nConnection closed.\n', expected: false })
  t.match(place.status(), { state: 'online' })

  const other = await begin()
  other.launched.hear(Buffer.from(`${other.nonce} ready\n`))
  t.match(await end(other.launched, { stderr: 'agent says\nclient_loop: send disconnect: Broken pipe\r\n' }), { disconnected: 'the connection to devbox broke: client_loop: send disconnect: Broken pipe' })
  t.match(place.status(), { state: 'offline', reason: /Broken pipe/ })
  t.doesNotThrow(() => place.open({ sessionId: 'x' }), 'the next attempt may be made at once')
})

t.test('One that was told to end is no broken connection', async t => {
  const { place, begin, end } = lab()
  const { launched, nonce } = await begin()
  launched.hear(Buffer.from(`${nonce} ready\n`))
  t.notOk('disconnected' in await end(launched, { code: null, signal: 'SIGTERM', expected: true }))
  t.match(place.status(), { state: 'online' })
})

t.test('After a failure the next attempt waits: 1 s, and twice as long with each, up to 60 s; a success ends that', async t => {
  const { clock, place, begin, fail } = lab()
  const waits: number[] = []
  for (let n = 0; n < 8; n++) {
    const err = await fail()
    t.match(err, { name: 'AgentError', message: /'devbox' cannot be reached: .*Connection refused\. The next attempt can be made in/, details: { reason: 'unreachable', where: 'devbox' } })
    const seconds = Number(err.details!.retryAfter)
    waits.push(seconds)
    t.match(refusal(place), { details: { reason: 'unreachable', retryAfter: seconds } })
    await clock.advance(seconds * 1000 - 1)
    t.match(refusal(place), { details: { retryAfter: 1 } })
    await clock.advance(1)
  }
  t.strictSame(waits, [2, 4, 8, 16, 32, 60, 60, 60])
  const { launched, nonce } = await begin()
  launched.hear(Buffer.from(`${nonce} ready\n`))
  t.equal((await fail()).details!.retryAfter, 2)
})

t.test('Chance spreads the attempts of many, within bounds', async t => {
  for (const [chance, seconds] of [[0, 1], [0.5, 2], [1, 2]] as const) t.equal((await lab(() => chance).fail()).details!.retryAfter, seconds)
  const { clock, fail } = lab(() => 0)
  const waits: number[] = []
  for (let n = 0; n < 8; n++) {
    waits.push(Number((await fail()).details!.retryAfter))
    await clock.advance(60_000)
  }
  t.strictSame(waits, [1, 2, 4, 8, 16, 30, 30, 30])
})

t.test('Attempts at the same time that fail together are one failure', async t => {
  const { begin, end } = lab()
  const both = [await begin(), await begin()]
  for (const { launched } of both) await end(launched, { stderr: 'Connection refused' })
  for (const { way } of both) t.match(way.explain(new AgentError('it ended'), false), { details: { retryAfter: 2 } })
})

t.test('What a person must put right is an error, told as such while the next attempt waits', async t => {
  const { place, fail } = lab()
  t.match(await fail('Host key verification failed.'), { details: { reason: 'host_key' } })
  t.match(place.status(), { state: 'error', reason: /host key/ })
  t.match(refusal(place), { details: { reason: 'host_key' } })
})

t.test('A start that was given up says nothing of the place; one that failed before it was launched does', async t => {
  const { place, begin } = lab()
  const { way } = await begin()
  const err = new AgentError('given up')
  t.equal(way.explain(err, true), err)
  t.match(place.status(), { state: 'offline', reason: 'not tried yet' })
  way.explain(new AgentError("'ssh' cannot be run"), false)
  t.match(place.status(), { state: 'error', reason: "'ssh' cannot be run" })
})

t.test('The agent is given the address as it is there, and what is left is cleaned up after its session', async t => {
  const { place, begin, end, cleaned } = lab()
  t.strictSame(place.open({ sessionId: 'x', access: { url: 'http://here', key: 'k' } }).access, { url: 'http://there', key: 'k' })
  t.equal(place.open({ sessionId: 'x' }).access, undefined)
  const { launched } = await begin('the session')
  await end(launched, { expected: true })
  t.strictSame(cleaned, ['the session'])
})
