import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Store } from '../../src/store/store.ts'
import type { WebhookRow } from '../../src/store/webhook-rows.ts'

const webhook = (more: Partial<WebhookRow> = {}): WebhookRow => ({
  id: randomUUID(), url: 'https://example.com/', format: 'plain', team: 'b', events: null, session: null, owner: 'k', secret: 's', previousSecret: null, previousUntil: null, cursor: 0, createdAt: 1, ...more
})

/** What every store must do for webhooks. */
export function webhookSuite (name: string, makePlace: (test: Test) => string, open: (place: string) => Store): void {
  const fresh = (test: Test) => {
    const store = open(makePlace(test))
    test.teardown(() => { store.close() })
    return store
  }
  const puts = (store: Store, webhookId: string) => (seq: number, sessionId: string, createdAt = 1) => {
    store.deliveries.put({ webhookId, seq, event: 'cache:message', team: 'b', sessionId, createdAt })
  }

  t.test(`${name}: webhooks are there after a reopen, listed by team, changed and removed with their deliveries`, async t => {
    const place = makePlace(t)
    const before = open(place)
    const [one, two] = [webhook({ events: ['tell:complete'], session: randomUUID() }), webhook({ team: '*' })]
    for (const row of [one, two]) before.webhooks.insert(row)
    puts(before, one.id)(1, 'x')
    before.close()
    const { webhooks, deliveries, close } = open(place)
    t.teardown(close)
    t.same(webhooks.all(), [one, two])
    t.same(webhooks.list({ teams: ['b'] }, { limit: 9 }), { rows: [one], next: null })
    webhooks.update(two.id, { cursor: 7, secret: 't', previousSecret: 's', previousUntil: 9 })
    t.same(webhooks.get(two.id), { ...two, cursor: 7, secret: 't', previousSecret: 's', previousUntil: 9 })
    t.equal(deliveries.count(one.id, 'pending'), 1)
    t.equal(deliveries.oldest(one.id), 1)
    t.equal(deliveries.oldest('no such'), undefined)
    webhooks.remove(one.id)
    t.equal(webhooks.get(one.id), undefined)
    t.equal(deliveries.count(one.id, 'pending'), 0)
  })

  t.test(`${name}: of each session the first delivery that waits is in front, by the time it is due`, async t => {
    const store = fresh(t)
    const [{ id }, other] = [webhook(), webhook()]
    for (const row of [{ ...webhook(), id }, other]) store.webhooks.insert(row)
    const put = puts(store, id)
    for (const [seq, session] of [[1, 'x'], [2, 'y'], [3, 'x'], [4, 'z']] as const) put(seq, session, seq)
    puts(store, other.id)(1, 'x')
    const heads = (limit = 9) => store.deliveries.heads(id, limit).map(({ seq }) => seq)
    t.same(heads(), [1, 2, 4])
    const attempt = { at: 5, duration: 1, error: 'no' }
    store.deliveries.update(id, 1, { state: 'pending', attempts: 1, recent: [attempt], dueAt: 100 })
    t.same(heads(), [2, 4, 1])
    t.same(heads(1), [2])
    t.same(store.deliveries.heads(id, 9)[2], { webhookId: id, seq: 1, event: 'cache:message', team: 'b', sessionId: 'x', state: 'pending', attempts: 1, recent: [attempt], dueAt: 100, createdAt: 1 })
    store.deliveries.update(id, 1, { state: 'delivered', attempts: 2, recent: [], dueAt: 100 })
    t.same(heads(), [2, 3, 4])
    t.same(store.deliveries.list({ webhookId: id, state: 'delivered' }, { limit: 9 }).rows.map(({ seq }) => seq), [1])
    t.same(store.deliveries.list({ webhookId: id }, { limit: 2 }).rows.map(({ seq }) => seq), [4, 3])
  })

  t.test(`${name}: a delivery is there once; put again, or revived, it waits as if it were new`, async t => {
    const store = fresh(t)
    const row = webhook()
    store.webhooks.insert(row)
    const put = puts(store, row.id)
    for (const seq of [1, 2, 3]) put(seq, 'x')
    for (const seq of [1, 2, 3]) store.deliveries.update(row.id, seq, { state: seq === 3 ? 'delivered' : 'dead', attempts: 5, recent: [], dueAt: 9 })
    t.equal(store.deliveries.revive(row.id, 2, 50), 1)
    put(3, 'x', 60)
    t.match(store.deliveries.list({ webhookId: row.id }, { limit: 9 }).rows, [
      { seq: 3, state: 'pending', attempts: 0, dueAt: 60, createdAt: 60 }, { seq: 2, state: 'pending', attempts: 0, dueAt: 50, createdAt: 50 }, { seq: 1, state: 'dead', attempts: 5 }
    ])
  })

  t.test(`${name}: of what is settled the old goes, and what is too much; what waits stays`, async t => {
    const store = fresh(t)
    const row = webhook()
    store.webhooks.insert(row)
    for (let seq = 1; seq <= 8; seq++) {
      puts(store, row.id)(seq, 'x', seq)
      if (seq !== 1 && seq !== 6) store.deliveries.update(row.id, seq, { state: seq % 2 === 0 ? 'delivered' : 'dead', attempts: 1, recent: [], dueAt: 9 })
    }
    const left = () => store.deliveries.list({ webhookId: row.id }, { limit: 9 }).rows.map(({ seq }) => seq)
    store.deliveries.trim(4, 100)
    t.same(left(), [8, 7, 6, 5, 4, 1])
    store.deliveries.trim(0, 2)
    t.same(left(), [8, 7, 6, 1])
    store.deliveries.trim(0, 2)
    t.same(left(), [8, 7, 6, 1])
  })
}
