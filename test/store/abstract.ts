import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { ApprovalRow, IdempotencyRow, SessionRow, Store, TellRow } from '../../src/store/store.ts'

const session = (more: Partial<SessionRow> = {}): SessionRow => ({
  id: randomUUID(), from: 'a', to: 'b', conversation: randomUUID(), resumable: false, place: null, forkedFrom: null, forkConversation: null, forkPlace: null, current: true, agentVersion: null, costSoFar: 0, createdAt: 1, lastUsedAt: 1, asleepSince: 1, asleepReason: 'new', ...more
})
const tell = (sessionId: string, more: Partial<TellRow> = {}): TellRow => ({
  id: randomUUID(), sessionId, from: 'a', to: 'b', caller: 'key', state: 'queued', message: 'hi', response: '', error: null, usage: null, createdAt: 1, startedAt: null, endedAt: null, parentId: null, rootId: '', depth: 0, ...more
})
const said = (sessionId: string, text: string) => ({ event: 'cache:message', data: { sessionId, team: 'b', message: { timestamp: 1, type: 'user', data: { text } } } }) as const

/** What every store must do. `open` gives one on a place that lasts; called again with the same place, the same data. */
export function storeSuite (name: string, makePlace: (test: Test) => string, open: (place: string) => Store): void {
  t.test(`${name}: what is written is there after a reopen`, async t => {
    const place = makePlace(t)
    const before = open(place)
    const row = session({ place: 'there', forkedFrom: 'another', forkConversation: 'its', forkPlace: 'here' })
    const one = tell(row.id, { parentId: randomUUID(), rootId: randomUUID(), depth: 2 })
    before.sessions.insert(row)
    before.tells.insert(one)
    before.tells.update(one.id, { state: 'completed', response: 'yes', usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 }, endedAt: 9 })
    const { seq } = before.events.append(said(row.id, 'ünï😀'), 5)
    const secret = before.secret('one')
    before.keys.insert({ name: 'k', permissions: ['tell'], teams: ['b'], hash: 'h', createdAt: 1, expiresAt: 7 })
    before.close()

    const after = open(place)
    t.teardown(() => { after.close() })
    t.same(after.sessions.get(row.id), row)
    t.same(after.tells.get(one.id), { ...one, state: 'completed', response: 'yes', usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 }, endedAt: 9 })
    t.same(after.events.cache(row.id, 0, 10).entries, [{ seq, ...said(row.id, 'ünï😀').data.message }])
    t.equal(after.events.head(), seq)
    t.same(after.keys.list(), [{ name: 'k', permissions: ['tell'], teams: ['b'], hash: 'h', createdAt: 1, expiresAt: 7 }])
    t.same(after.check(), [])
    t.strictSame(after.secret('one'), secret)
    t.equal(secret.length, 32)
    t.notSame(after.secret('another'), secret)
  })

  const fresh = (test: Test) => {
    const store = open(makePlace(test))
    test.teardown(() => { store.close() })
    return store
  }

  t.test(`${name}: a transaction is all or nothing, nested ones join`, async t => {
    const store = fresh(t)
    t.throws(() => store.transaction(() => {
      store.transaction(() => { store.sessions.insert(session()) })
      throw new Error('no')
    }), { message: 'no' })
    t.equal(store.sessions.count(), 0)
    store.transaction(() => { store.sessions.insert(session()) })
    t.equal(store.sessions.count(), 1, 'and the next one works')
  })

  t.test(`${name}: one current session per pair; a to b and b to a are two`, async t => {
    const store = fresh(t)
    const row = session()
    store.sessions.insert(row)
    t.throws(() => { store.sessions.insert(session()) })
    store.sessions.insert(session({ from: 'b', to: 'a' }))
    store.sessions.update(row.id, { current: false })
    store.sessions.insert(session())
    t.equal(store.sessions.count(), 3)
    t.not(store.sessions.current('a', 'b')!.id, row.id)
  })

  t.test(`${name}: seq grows and is never used again`, async t => {
    const store = fresh(t)
    const row = session()
    store.sessions.insert(row)
    const seqs = [1, 2, 3].map(n => store.events.append(said(row.id, String(n)), n).seq)
    t.equal(store.events.clearCache(row.id), 3)
    t.same(store.events.cacheStats(row.id), { entries: 0, firstAt: null, lastAt: null })
    const { seq } = store.events.append(said(row.id, '4'), 4)
    t.ok(seq > seqs[2]!)
    t.equal(store.events.head(), seq)
  })

  t.test(`${name}: the cache is read in order, from a cursor, a page at a time, one session only`, async t => {
    const store = fresh(t)
    const [one, two] = [session(), session({ from: 'c' })]
    for (const row of [one, two]) store.sessions.insert(row)
    for (let n = 0; n < 5; n++) for (const row of [one, two]) store.events.append(said(row.id, `${row.from}${n}`), n)
    const texts = (after: number, limit: number) => store.events.cache(one.id, after, limit).entries.map(({ data }) => (data as { text: string }).text)
    t.same(texts(0, 3), ['a0', 'a1', 'a2'])
    t.same(texts(store.events.cache(one.id, 0, 3).entries.at(-1)!.seq, 10), ['a3', 'a4'])
    t.same(store.events.cacheStats(one.id), { entries: 5, firstAt: 0, lastAt: 4 })
  })

  t.test(`${name}: lists are newest first, a page at a time, without holes or repeats, and narrowed to the teams of a key`, async t => {
    const store = fresh(t)
    const row = session()
    const other = session({ to: 'z' })
    for (const one of [row, other]) store.sessions.insert(one)
    const ids = Array.from({ length: 7 }, () => { const one = tell(row.id); store.tells.insert(one); return one.id })
    store.tells.insert(tell(other.id, { to: 'z', caller: 'another' }))
    const seen: string[] = []
    let cursor: number | null = null
    do {
      const page: ReturnType<Store['tells']['list']> = store.tells.list({ teams: ['b'] }, { limit: 3, ...(cursor !== null && { cursor }) })
      seen.push(...page.rows.map(({ id }) => id))
      cursor = page.next
    } while (cursor !== null)
    t.same(seen, ids.reverse())
    t.equal(store.tells.list({}, { limit: 100 }).rows.length, 8)
    t.equal(store.tells.list({ caller: 'another' }, { limit: 100 }).rows.length, 1)
    t.equal(store.tells.list({ teams: [] }, { limit: 100 }).rows.length, 0)
    t.same(store.sessions.list({ teams: ['z'] }, { limit: 5 }).rows.map(({ id }) => id), [other.id])
  })

  t.test(`${name}: what a tell carries is kept whole, its bytes as long as they are wanted, and goes with its session`, async t => {
    const store = fresh(t)
    const row = session()
    store.sessions.insert(row)
    const schema = { type: 'object', title: 'ünï😀' }
    const one = tell(row.id, { attachments: [{ name: 'a.png', mediaType: 'image/png', bytes: 3, sha256: 'x' }, { name: 'b', mediaType: 'text/plain', bytes: 0, sha256: 'y' }], schema })
    const other = tell(row.id)
    store.tells.insert(one, [Buffer.from([0, 255, 10]), Buffer.from('')])
    store.tells.insert(other)
    t.strictSame(store.tells.get(one.id), one)
    t.strictSame(store.tells.get(other.id), other)
    t.strictSame(store.tells.list({}, { limit: 9 }).rows, [other, one])
    t.strictSame(store.tells.bodies(one.id), [Buffer.from([0, 255, 10]), Buffer.from('')])
    t.strictSame(store.tells.bodies(other.id), [])
    for (const structured of [{ n: 1 }, 'text', 0, false, null, []]) {
      store.tells.update(one.id, { structured })
      t.strictSame(store.tells.get(one.id)!.structured, structured)
    }
    store.tells.dropBodies(one.id)
    t.strictSame(store.tells.bodies(one.id), [])
    store.tells.insert(tell(row.id), [Buffer.from('x')])
    store.sessions.remove(row.id)
  })

  t.test(`${name}: a removed session takes its tells and events along`, async t => {
    const store = fresh(t)
    const row = session()
    const one = tell(row.id)
    store.sessions.insert(row)
    store.tells.insert(one)
    store.events.append(said(row.id, 'x'), 1)
    store.sessions.remove(row.id)
    t.equal(store.tells.get(one.id), undefined)
    t.same(store.events.cache(row.id, 0, 10).entries, [])
  })

  t.test(`${name}: an approval is kept whole, found by its state and team, and goes with its session`, async t => {
    const store = fresh(t)
    const row = session()
    const other = session({ to: 'z' })
    for (const one of [row, other]) store.sessions.insert(one)
    const asked: ApprovalRow = {
      id: randomUUID(), sessionId: row.id, team: 'b', tellId: null, tool: 'Write', input: { file_path: 'ünï😀', n: [1] }, description: null, state: 'pending', decision: null, by: null, reason: null, rule: 'r', updatedInput: null, createdAt: 1, expiresAt: 9, decidedAt: null
    }
    store.approvals.insert(asked)
    store.approvals.insert({ ...asked, id: randomUUID(), sessionId: other.id, team: 'z' })
    t.same(store.approvals.get(asked.id), asked)
    t.equal(store.approvals.inState('pending').length, 2)
    const decided = { state: 'allowed', decision: 'allow', by: 'key:k', reason: 'why', updatedInput: { file_path: 'b' }, decidedAt: 5 } as const
    store.approvals.update(asked.id, decided)
    t.same(store.approvals.get(asked.id), { ...asked, ...decided })
    t.same(store.approvals.list({ state: 'pending' }, { limit: 9 }).rows.map(({ team }) => team), ['z'])
    t.same(store.approvals.list({ teams: ['b'] }, { limit: 9 }).rows.map(({ id }) => id), [asked.id])
    t.equal(store.approvals.list({ team: 'b', teams: ['z'] }, { limit: 9 }).rows.length, 0)
    store.sessions.remove(row.id)
    t.equal(store.approvals.get(asked.id), undefined)
  })

  t.test(`${name}: the pieces of an answer are kept in order until dropped`, async t => {
    const store = fresh(t)
    const row = session()
    store.sessions.insert(row)
    const tellId = randomUUID()
    for (const [offset, chunk] of [[0, 'ab'], [2, 'cd']] as const) store.events.append({ event: 'tell:chunk', data: { tellId, sessionId: row.id, team: 'b', offset, chunk } }, 1)
    t.match(store.events.chunks(tellId), [{ offset: 0, chunk: 'ab' }, { offset: 2, chunk: 'cd' }])
    store.events.dropChunks(tellId)
    t.same(store.events.chunks(tellId), [])
  })

  t.test(`${name}: events are read on from a cursor, as they lie there`, async t => {
    const store = fresh(t)
    const row = session()
    store.sessions.insert(row)
    const seqs = [1, 2, 3].map(n => store.events.append(said(row.id, `${n}`), n).seq)
    t.match(store.events.since(seqs[0]!, 10), [{ seq: seqs[1], at: 2, event: 'cache:message', team: 'b', sessionId: row.id }, { seq: seqs[2] }])
    t.same(JSON.parse(store.events.since(0, 1)[0]!.data), said(row.id, '1').data)
    t.same(store.events.since(seqs[2]!, 10), [])
  })

  const ALL = { before: 0, events: 0, bytes: 0 }
  const chunk = (sessionId: string, tellId: string, offset: number) => ({ event: 'tell:chunk', data: { tellId, sessionId, team: 'b', offset, chunk: 'x'.repeat(1000) } }) as const

  t.test(`${name}: many events of one transaction are there in their order, each with its own number, and are counted`, async t => {
    const store = fresh(t)
    const row = session()
    store.sessions.insert(row)
    const seqs = store.transaction(() => Array.from({ length: 79 }, (_, n) => store.events.append(said(row.id, `${n}`), n).seq))
    t.same(store.events.since(0, 100).map(({ seq, at, data }) => [seq, at, data]), seqs.map((seq, n) => [seq, n, JSON.stringify(said(row.id, `${n}`).data)]))
    t.equal(store.events.head(), seqs.at(-1))
    t.equal(store.events.trimSessions({ events: 70, bytes: 0 }, 100), 9)
    t.throws(() => store.transaction(() => {
      store.events.append(said(row.id, 'x'), 1)
      throw new Error('taken back')
    }), { message: 'taken back' })
    t.equal(store.events.append(said(row.id, 'y'), 1).seq, seqs.at(-1)! + 1)
    t.equal(store.events.cacheStats(row.id).entries, 71)
  })

  t.test(`${name}: a transaction sees the events that it appends, and takes them along with what it removes`, async t => {
    const store = fresh(t)
    const [row, gone] = [session(), session({ from: 'c' })]
    for (const one of [row, gone]) store.sessions.insert(one)
    const tellId = randomUUID()
    store.transaction(() => {
      const { seq } = store.events.append(said(row.id, '1'), 1)
      t.equal(store.events.head(), seq)
      t.equal(store.events.since(0, 9).length, 1)
      store.events.append(said(row.id, '2'), 1)
      t.equal(store.events.cacheStats(row.id).entries, 2)
      store.events.append(said(row.id, '3'), 1)
      t.equal(store.events.clearCache(row.id), 3)
      store.events.append(said(gone.id, '4'), 1)
      store.sessions.remove(gone.id)
      store.events.append(chunk(row.id, tellId, 0), 1)
      t.equal(store.events.chunks(tellId).length, 1)
      store.events.dropChunks(tellId)
      store.events.append(chunk(row.id, tellId, 7), 1)
    })
    t.match(store.events.since(0, 9), [{ event: 'tell:chunk', data: /"offset":7,/ }], 'what was dropped is what came before')
    t.equal(store.events.trim({ before: 9, events: 0, bytes: 0 }, 9), 0)
  })

  t.test(`${name}: the oldest are trimmed by age and by number, a few at a time, and where the log begins now is known`, async t => {
    const store = fresh(t)
    const row = session()
    store.sessions.insert(row)
    t.equal(store.events.floor(), 0)
    const seqs = Array.from({ length: 10 }, (_, n) => store.events.append(said(row.id, `${n}`), n).seq)
    t.equal(store.events.trim(ALL, 100), 0)
    t.equal(store.events.trim({ ...ALL, before: 3 }, 2), 2, 'no more than asked at once')
    t.equal(store.events.trim({ ...ALL, before: 3 }, 100), 1)
    t.equal(store.events.floor(), seqs[2])
    t.equal(store.events.trim({ ...ALL, events: 4 }, 100), 3)
    t.same(store.events.since(0, 100).map(({ seq }) => seq), seqs.slice(6))
    t.equal(store.events.floor(), seqs[5])
    t.equal(store.events.holes(row.id), seqs[5])
    t.equal(store.events.head(), seqs[9])
  })

  t.test(`${name}: the oldest are trimmed by size, which goes down again by whatever way events go`, async t => {
    const place = makePlace(t)
    const before = open(place)
    const [row, other] = [session(), session({ from: 'c' })]
    for (const one of [row, other]) before.sessions.insert(one)
    const large = 'x'.repeat(10_000)
    for (let n = 0; n < 10; n++) before.events.append(said(n % 2 === 0 ? row.id : other.id, large), n)
    t.equal(before.events.trim({ ...ALL, bytes: 120_000 }, 100), 0)
    before.close()
    const store = open(place)
    t.teardown(() => { store.close() })
    t.equal(store.events.trim({ ...ALL, bytes: 75_000 }, 100), 3, 'also after a reopen')
    t.equal(store.events.clearCache(row.id), 3)
    for (let n = 0; n < 3; n++) store.events.append(said(other.id, large), n)
    t.equal(store.events.trim({ ...ALL, bytes: 75_000 }, 100), 0)
    store.sessions.remove(other.id)
    store.sessions.insert(session({ from: 'd' }))
    for (let n = 0; n < 7; n++) store.events.append(said(row.id, large), n)
    t.equal(store.events.trim({ ...ALL, bytes: 75_000 }, 100), 0)
    store.events.append(said(row.id, large), 7)
    t.equal(store.events.trim({ ...ALL, bytes: 75_000 }, 100), 1)
  })

  t.test(`${name}: each event counts once, however many there are, whatever was taken back meanwhile, and also those of a server that was killed`, async t => {
    const place = makePlace(t)
    const killed = open(place)
    t.teardown(() => { killed.close() })
    const row = session()
    killed.sessions.insert(row)
    const many = (store: Store, count: number) => store.transaction(() => { for (let n = 0; n < count; n++) store.events.append(said(row.id, `${n}`), 1) })
    for (const count of [700, 700, 5]) {
      many(killed, count)
      t.throws(() => killed.transaction(() => {
        many(killed, 700)
        killed.events.trim({ ...ALL, events: 1 }, 10)
        throw new Error('no')
      }), { message: 'no' })
    }
    const store = open(place)
    t.teardown(() => { store.close() })
    t.equal(store.events.trim({ ...ALL, events: 1_405 }, 2_000), 0)
    many(store, 3)
    t.equal(store.events.trimSessions({ events: 1_405, bytes: 0 }, 2_000), 3)
    t.equal(store.events.trim({ ...ALL, events: 1_000 }, 2_000), 405)
  })

  t.test(`${name}: of a session that has too much the oldest are trimmed, no other loses anything, and what is gone is known`, async t => {
    const store = fresh(t)
    const rows = [session(), session({ from: 'c' }), session({ from: 'd' })]
    const [many, few, large] = rows.map(({ id }) => id) as [string, string, string]
    for (const row of rows) store.sessions.insert(row)
    store.events.append(said(few, 'first of all'), 0)
    for (let n = 0; n < 9; n++) store.events.append(said(many, `${n}`), n)
    const big = [1, 2, 3].map(n => store.events.append(said(large, 'x'.repeat(10_000)), n).seq)
    t.equal(store.events.trimSessions({ events: 0, bytes: 0 }, 100), 0)
    t.equal(store.events.trimSessions({ events: 5, bytes: 0 }, 3), 3, 'no more than asked at once')
    t.equal(store.events.trimSessions({ events: 5, bytes: 25_000 }, 100), 2)
    t.equal(store.events.trimSessions({ events: 5, bytes: 25_000 }, 100), 0)
    t.same([few, many, large].map(id => store.events.cacheStats(id).entries), [1, 5, 2])
    t.same([few, many, large, undefined].map(id => store.events.holes(id)), [0, 5, big[0], big[0]])
    t.equal(store.events.floor(), 0, 'the log as a whole begins where it did')
    t.equal(store.events.clearCache(many), 5)
    t.equal(store.events.holes(many), 5, 'what was gone is gone')
    store.events.trim({ ...ALL, before: 1e9 }, 100)
    t.same([few, many, large, undefined].map(id => store.events.holes(id)), Array(4).fill(store.events.head()))
  })

  t.test(`${name}: the pieces of an answer that is not whole yet are kept, and nothing goes for their sake`, async t => {
    const store = fresh(t)
    const row = session()
    store.sessions.insert(row)
    const [first, tellId] = [store.events.append(said(row.id, 'hello'), 1).seq, randomUUID()]
    for (let n = 0; n < 10; n++) store.events.append(chunk(row.id, tellId, n * 1000), 1)
    t.equal(store.events.trim({ before: 0, events: 3, bytes: 3_000 }, 100), 0)
    t.equal(store.events.trimSessions({ events: 3, bytes: 3_000 }, 100), 0)
    store.events.append(said(row.id, 'more'), 5)
    t.equal(store.events.trimSessions({ events: 1, bytes: 0 }, 100), 1)
    t.equal(store.events.holes(row.id), first)
    t.equal(store.events.trim({ ...ALL, before: 9 }, 100), 1)
    t.equal(store.events.chunks(tellId).length, 10)
    store.events.dropChunks(tellId)
    store.events.append(said(row.id, 'the answer'), 9)
    t.equal(store.events.trimSessions({ events: 1, bytes: 0 }, 100), 0)
  })

  t.test(`${name}: a change of the keys by another process is seen`, async t => {
    const place = makePlace(t)
    const [server, cli] = [open(place), open(place)]
    t.teardown(() => { server.close(); cli.close() })
    const before = server.keys.version()
    t.equal(server.keys.version(), before)
    cli.keys.insert({ name: 'k', permissions: ['tell'], hash: 'h', createdAt: 1 })
    t.not(server.keys.version(), before)
    server.keys.update('k', { revokedAt: 2 })
    t.equal(cli.keys.list()[0]!.revokedAt, 2)
  })
  t.test(`${name}: what a key came to is there after a reopen, one for each caller and key, until it is swept`, async t => {
    const place = makePlace(t)
    const before = open(place)
    const row = (caller: string, key: string, createdAt: number): IdempotencyRow => ({ caller, key, tool: 'team_tell', inputHash: 'h', team: 'b', workId: randomUUID(), outcome: null, createdAt })
    const rows = [row('k', 'one', 1), row('k', 'two', 2), row('other', 'one', 3), row('other', 'two', 4)]
    for (const one of rows) before.idempotency.insert(one)
    t.throws(() => { before.idempotency.insert(rows[0]!) })
    const [result, error] = [{ result: { text: 'ünï😀' } }, { error: { error: 'AgentError', message: 'm', statusCode: 502, timestamp: 1 } }]
    before.idempotency.settle('k', 'two', result)
    before.idempotency.settle('other', 'one', error)
    before.close()

    const { idempotency, close } = open(place)
    t.teardown(close)
    t.equal(idempotency.sweep(1), 1)
    t.equal(idempotency.get('k', 'one'), undefined)
    t.same(idempotency.get('k', 'two'), { ...rows[1], outcome: result })
    t.same(idempotency.get('other', 'one'), { ...rows[2], outcome: error })
    idempotency.remove('other', 'one')
    t.equal(idempotency.get('other', 'one'), undefined)
    t.same(idempotency.get('other', 'two'), rows[3])
  })

  t.test(`${name}: the children that live are on record over a reopen, until they are removed`, async t => {
    const place = makePlace(t)
    const before = open(place)
    const rows = [1, 2].map(n => ({ nonce: randomUUID(), pid: n, birth: '4711', command: 'claude', sessionId: randomUUID(), at: n }))
    for (const row of rows) before.children.insert(row)
    before.close()
    const { children, close } = open(place)
    t.teardown(close)
    t.same(children.list(), rows)
    children.remove(rows[0]!.nonce)
    children.remove(randomUUID())
    t.same(children.list(), rows.slice(1))
  })
}
