import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Event } from '../schemas/event.ts'
import { createLog } from '../src/log.ts'
import { createMemoryBus } from '../src/bus/memory.ts'
import { openStore } from '../src/store/sqlite.ts'
import { createTestClock } from './fixtures/test-clock.ts'
import { scratch } from './fixtures/wired.ts'

const sessionId = randomUUID()
const said = (text: string, more: object = {}): Event => ({ event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: 1, type: 'system', data: { text, ...more } } } })
const textOf = (event: { data: unknown }) => (event.data as { message: { data: { text: string } } }).message.data.text
const turn = () => new Promise<void>(resolve => { setImmediate(() => { setImmediate(resolve) }) })

function start (t: Parameters<typeof scratch>[0]) {
  const store = openStore(scratch(t))
  t.teardown(() => { store.close() })
  const faults: unknown[] = []
  const onError = (err: unknown) => { faults.push(err) }
  const log = createLog({ store, bus: createMemoryBus({ onError }), clock: createTestClock(), onError })
  const heard: [number, string][] = []
  log.subscribe('all', ({ seq, event }) => { heard.push([seq, textOf(event)]) })
  return { store, log, heard, faults, kept: () => store.events.since(0, 100).map(({ seq, data }) => [seq, textOf({ data: JSON.parse(data) as unknown })]) }
}

t.test('what is noted is stored, then published, then told, all in one turn of the event loop and in its order', async t => {
  const { log, heard, kept, store } = start(t)
  const told: number[] = []
  for (const text of ['a', 'b', 'c']) log.note(said(text), ({ seq }) => { told.push(seq); t.ok(heard.some(([one]) => one === seq), 'published before') })
  t.strictSame([heard, kept(), log.head()], [[], [], 0], 'nobody hears of it before it is stored')
  await turn()
  t.strictSame(heard, [[1, 'a'], [2, 'b'], [3, 'c']])
  t.strictSame(kept(), heard)
  t.strictSame(told, [1, 2, 3])
  t.strictSame(store.events.cacheStats(sessionId).entries, 3)
})

t.test('what comes at once of one session is published together, in parts where it is much', t => {
  const { log } = start(t)
  const runs: number[][] = []
  log.listen('all', run => { runs.push(run.map(({ seq }) => seq)) })
  log.append([said('a'), said('b'), said('c')])
  t.same(runs, [[1, 2, 3]])
  runs.length = 0
  const stored = log.append(Array.from({ length: 100 }, () => said('x'.repeat(1_000))))
  t.ok(runs.every(run => run.length <= 35), 'whoever is sent it can look between two whether that is too much')
  t.same(runs.flat(), stored.map(({ seq }) => seq))
  t.end()
})

t.test('what is appended comes after what was noted before, as one with it', async t => {
  const { log, heard, kept, store } = start(t)
  log.note(said('noted'))
  const [own] = log.append(said('appended'), () => { t.strictSame(store.events.since(0, 9).length, 1, 'the change sees what was noted') })
  t.equal(own!.seq, 2)
  t.strictSame(heard, [[1, 'noted'], [2, 'appended']])
  log.note(said('again'))
  t.throws(() => log.append(said('never'), () => { throw new Error('no') }), { message: 'no' })
  await turn()
  t.strictSame(heard, [[1, 'noted'], [2, 'appended'], [3, 'again']], 'what fails takes nothing with it')
  t.strictSame(kept(), heard)
  log.note(said('at the end'))
  log.flush()
  t.equal(heard.length, 4)
  await turn()
  t.equal(heard.length, 4, 'once')
})

t.test('what is appended by who hears that his is stored comes after all of that transaction', t => {
  const { log, heard } = start(t)
  log.note(said('noted'), () => { log.append(said('because of it')) })
  log.append(said('appended'))
  t.strictSame(heard, [[1, 'noted'], [2, 'appended'], [3, 'because of it']], 'a reader with a cursor would take an earlier number for one it has had')
  t.end()
})

t.test('one that cannot be stored does not take the others with it, and is told as a fault', async t => {
  const { log, heard, faults } = start(t)
  const circle: Record<string, unknown> = {}
  circle.self = circle
  let told = false
  log.note(said('before'))
  log.note(said('broken', circle), () => { told = true })
  log.note(said('after'), () => { throw new Error('a watcher') })
  await turn()
  t.strictSame(heard.map(([, text]) => text), ['before', 'after'])
  t.match(faults, [/circular/i, { message: 'a watcher' }])
  t.notOk(told)
})

t.test('the totals follow what is stored, and nothing that is taken back', async t => {
  const { log, store } = start(t)
  for (let n = 0; n < 5; n++) log.note(said('x'.repeat(100)))
  log.append(said('y'))
  t.throws(() => log.append(said('z'), () => { throw new Error('no') }))
  store.events.append(said('alone'), 1)
  t.equal(store.events.trimSessions({ events: 3, bytes: 0 }, 100), 4, 'seven were counted')
  t.equal(store.events.trimSessions({ events: 3, bytes: 0 }, 100), 0)
  t.equal(store.events.trim({ before: 0, events: 1, bytes: 0 }, 100), 2, 'and three in all are left')
})

t.test('what joins is stored as one with its change and with what was noted, and only then told', async t => {
  const { log, heard, kept, store } = start(t)
  let transactions = 0
  const { transaction } = store
  store.transaction = work => { transactions++; return transaction(work) }
  const told: unknown[] = []
  const failed = (err: unknown) => { told.push(err) }
  log.note(said('noted'))
  log.join({ write () { told.push('changed'); return [said('joined'), said('with it')] }, then (stored) { told.push([stored.map(({ seq }) => seq), heard.length]) }, failed })
  log.join({ write () { told.push('alone'); return [] }, then (stored) { told.push(stored) }, failed })
  t.strictSame(told, [], 'nothing at once')
  await turn()
  t.strictSame(told, ['changed', 'alone', [[2, 3], 3], []])
  t.strictSame([heard, transactions], [kept(), 1])
})

t.test('a change that fails is told to who wants it, and takes nothing with it', async t => {
  const { log, heard, faults } = start(t)
  const told: unknown[] = []
  log.note(said('before'))
  log.join({ write () { throw new Error('no') }, then () { told.push('stored') }, failed (err) { told.push(err) } })
  log.note(said('after'))
  await turn()
  t.strictSame(heard.map(([, text]) => text), ['before', 'after'])
  t.match(told, [{ message: 'no' }])
  t.strictSame(faults, [])
})
