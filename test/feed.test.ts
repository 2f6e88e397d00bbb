import t, { type Test } from 'tap'
import { createFeed, RUN, selector, type Reader } from '../src/feed.ts'
import { turns } from './fixtures/test-clock.ts'
import { wire } from './fixtures/wired.ts'

const every = () => true

/** A log of events that are each as much as is given at once, and a reader of it that reads when it is told. */
function follow (t: Test, options: Parameters<typeof wire>[1] = {}) {
  const { services, clock, errors } = wire(t, options)
  const { id: sessionId } = services.sessions.open('a', 'echo')
  const seen: number[] = []
  const state = { unread: 0, givenUp: 0, drained: undefined as (() => void) | undefined }
  const reader: Reader = {
    deliver (run) { for (const { seq } of run) { seen.push(seq); state.unread += 100 } },
    full: () => state.unread > 200,
    unread: () => state.unread,
    whenDrained (go) {
      state.drained = go
      return () => { state.drained = undefined }
    },
    giveUp () { state.givenUp++ }
  }
  const feed = services.log.follow(reader)
  feed.join('all', () => true)
  t.teardown(() => { feed.stop() })
  const say = (text: string) => services.log.append({ event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: 1, type: 'user', data: { text: text.padEnd(RUN) } } } })[0]!.seq
  return { services, clock, errors, sessionId, feed, seen, state, say }
}

t.test('a reader that is behind is waited for as long as it gets on, and given up when it reads nothing for 10 s', async t => {
  const { clock, feed, seen, state, say } = follow(t)
  const said = Array.from({ length: 9 }, (_, n) => say(`${n}`))
  t.same(seen, said.slice(0, 3), 'what it has no room for stays in the log')
  t.equal(feed.live, false)
  for (const left of [250, 220]) {
    state.unread = left
    await clock.advance(10_000)
  }
  t.equal(state.givenUp, 0, 'slow is fine')
  state.unread = 0
  state.drained!()
  await turns()
  t.same(seen, said.slice(0, 6), 'and it is given the next')
  await clock.advance(9_999)
  t.equal(state.givenUp, 0)
  await clock.advance(1)
  t.equal(state.givenUp, 1)
})

t.test('what comes at once is given to all who want the same of it as one, and to each no more than he wants', t => {
  const { services: { log }, sessionId } = follow(t)
  const given = new Map<string, readonly (readonly { seq: number }[])[]>()
  const even = ({ seq }: { seq: number }) => seq % 2 === 0
  for (const [name, rooms] of [['one', ['all']], ['other', ['all']], ['even', ['all']], ['both', ['all', 'team:echo']]] as const) {
    const runs: (readonly { seq: number }[])[] = []
    given.set(name, runs)
    const feed = log.follow({ deliver (run) { runs.push(run) }, full: () => false, unread: () => 0, whenDrained: () => () => {}, giveUp () {} })
    t.teardown(() => { feed.stop() })
    for (const room of rooms) feed.join(room, name === 'even' ? even : every)
  }
  const message = { event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: 1, type: 'user', data: {} } } } as const
  const all = log.append([message, message, message]).map(({ seq }) => seq)
  const [one, other, evens, both] = [...given.values()]
  t.same([one!.length, one![0]!.map(({ seq }) => seq)], [1, all])
  t.equal(other![0], one![0])
  t.same([both!.length, both![0]!.map(({ seq }) => seq)], [1, all], 'once, by whichever room')
  t.same(evens!.flat().map(({ seq }) => seq), all.filter(seq => seq % 2 === 0))
  t.end()
})

t.test('who no longer wants one thing of a room hears the others of it as before', t => {
  const { services: { log }, sessionId } = follow(t)
  const heard: number[] = []
  const feed = log.follow({ deliver (run) { for (const { seq } of run) heard.push(seq) }, full: () => false, unread: () => 0, whenDrained: () => () => {}, giveUp () {} })
  t.teardown(() => { feed.stop() })
  const say = () => log.append({ event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: 1, type: 'user', data: {} } } })[0]!.seq
  for (const name of ['team:*', 'approval:*']) feed.join('all', every, name)
  feed.leave('team:*')
  const seq = say()
  t.same(heard, [seq])
  feed.leave('approval:*')
  say()
  t.same(heard, [seq], 'and nothing once the last has gone')
  t.end()
})

t.test('what a reader has missed is given many at a time, and no more at once than it can be asked about', async t => {
  const { services: { log }, sessionId } = follow(t)
  const message = (text: string) => ({ event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: 1, type: 'user', data: { text } } } }) as const
  const all = log.append(Array.from({ length: 100 }, () => message('x'.repeat(1_000)))).map(({ seq }) => seq)
  const runs: (readonly { seq: number, text (): string }[])[] = []
  const feed = log.follow({ deliver (run) { runs.push(run) }, full: () => false, unread: () => 0, whenDrained: () => () => {}, giveUp () {} })
  t.teardown(() => { feed.stop() })
  feed.join('all', every)
  feed.hold()
  feed.seek(0, () => {})
  await turns()
  t.same(runs.flat().map(({ seq }) => seq), all)
  t.equal(runs.length, 4)
  for (const run of runs) t.ok(run.slice(0, -1).reduce((sum, published) => sum + published.text().length, 0) <= RUN)
})

t.test('a reader that is overtaken by what is dropped is given up, not left with a hole', async t => {
  const { services: { store }, feed, seen, state, say } = follow(t)
  const said = Array.from({ length: 9 }, (_, n) => say(`${n}`))
  const go = async () => {
    state.unread = 0
    state.drained!()
    await turns()
  }
  store.events.trimSessions({ events: 6, bytes: 0 }, 100)
  await go()
  t.same([seen, state.givenUp], [said.slice(0, 6), 0], 'what it has may go')
  store.events.trimSessions({ events: 2, bytes: 0 }, 100)
  await go()
  t.same([seen, state.givenUp], [said.slice(0, 6), 1])

  state.unread = 0
  feed.hold()
  feed.seek(said[5]!, () => {})
  await turns()
  t.same([seen, state.givenUp], [[...said.slice(0, 6), ...said.slice(7)], 1], 'who comes back is told, and goes on')
})

t.test('a reader with little room at a time has not much more read for it than it is given', async t => {
  const { services: { log }, clock, say } = follow(t)
  const said = Array.from({ length: 100 }, (_, n) => say(`${n}`))
  const seen: number[] = []
  let [read, unread] = [0, 0]
  let drained = () => {}
  const counted = { ...log, clock, onError () {}, read (after: number, limit: number) { const page = log.read(after, limit); read += page.length; return page } }
  const feed = createFeed(counted, {
    deliver (run) { for (const { seq } of run) { seen.push(seq); unread++ } },
    full: () => unread >= 3,
    unread: () => unread,
    whenDrained (go) { drained = go; return () => {} },
    giveUp () {}
  }, selector())
  t.teardown(() => { feed.stop() })
  feed.join('all', () => true)
  feed.hold()
  feed.seek(0, () => {})
  while (seen.length < said.length) {
    await turns()
    unread = 0
    drained()
  }
  t.same(seen, said)
  t.ok(read < 400, `${read} rows were read for ${said.length}`)
})

t.test('who resumes gets from each room what came before it was joined, and nothing twice of what came since, however rooms overlap', async t => {
  const { services: { log, sessions }, clock, sessionId } = follow(t)
  const { id: other } = sessions.open('b', 'echo')
  const say = (sessionId: string) => log.append({ event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: 1, type: 'user', data: {} } } })[0]!.seq
  const seen: number[] = []
  let full = false
  let drained = () => {}
  const feed = createFeed({ ...log, clock, onError () {} }, {
    deliver (run) { for (const { seq } of run) seen.push(seq) },
    full: () => full,
    unread: () => 1,
    whenDrained (go) { drained = go; return () => {} },
    giveUp () {}
  }, selector())
  t.teardown(() => { feed.stop() })
  const all = [say(sessionId), say(other)]
  feed.join(`session:${sessionId}`, () => true)
  all.push(say(sessionId), say(other))
  feed.join('team:echo', () => true)
  all.push(say(sessionId), say(other))
  full = true
  all.push(say(sessionId), say(other))
  full = false
  drained()
  await turns()
  t.same(seen, [2, 4, 5, 6, 7].map(n => all[n]), 'live, and once it was behind')
  feed.join('all', () => true)
  all.push(say(other))
  t.equal(seen.at(-1), all.at(-1))

  feed.hold()
  all.push(say(sessionId))
  feed.seek(0, () => {})
  await turns()
  t.same(seen.slice(6), [0, 1, 3, 9].map(n => all[n]), 'what was said before a room was joined, and while the feed was held')
  all.push(say(other))
  t.same([...seen].sort((a, b) => a - b), all, 'all of it, once')

  feed.hold()
  feed.seek(all[8]!, () => {})
  await turns()
  t.same(seen.slice(all.length), all.slice(9), 'who asks once more has it once more')
})

t.test('a reader whose events cannot be read is given up, and nobody else hears of it', t => {
  const { services: { store }, errors, feed, state, say } = follow(t)
  feed.hold()
  say('missed')
  store.events.since = () => { throw new Error('database disk image is malformed') }
  feed.seek(0, () => {})
  t.equal(state.givenUp, 1)
  t.match(errors, [{ message: 'database disk image is malformed' }])
  t.end()
})

t.test('who is to read on from elsewhere before it has caught up has caught up with both at once', async t => {
  const { feed, seen, state, say } = follow(t)
  feed.hold()
  const first = say('1')
  say('2')
  const told: [string, number][] = []
  feed.seek(0, seq => { told.push(['one', seq]) })
  state.unread = 0
  feed.seek(first, seq => { told.push(['other', seq]) })
  await turns()
  t.same(told, [['one', first + 1], ['other', first + 1]])
  t.same(seen.at(-1), first + 1)
})
