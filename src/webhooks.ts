import { randomUUID } from 'node:crypto'
import type { WebhookSettings } from '../schemas/config.ts'
import type { Delivery, DeliveryState, Webhook } from '../schemas/webhook.ts'
import type { Clock } from './clock.ts'
import { ValidationError, WebhookNotFoundError } from './errors.ts'
import type { Keys } from './keys.ts'
import type { Log } from './log.ts'
import type { Page, Paged, Store } from './store/store.ts'
import type { DeliveryRow, WebhookRow } from './store/webhook-rows.ts'
import { bodyOf, sentenceOf } from './webhooks/format.ts'
import { createGuard, type Resolve } from './webhooks/guard.ts'
import { OUTCOMES, createOutbox, type Outbox, type Outcome } from './webhooks/outbox.ts'
import { send, type Sent } from './webhooks/send.ts'
import { makeSecret, signed } from './webhooks/sign.ts'
import { wants } from './webhooks/wants.ts'

export type Wanted = Pick<WebhookRow, 'url' | 'format' | 'team' | 'events' | 'session' | 'owner'>

/** Who is told what happens, by requests to addresses of theirs. None of it is in the way of a tell. */
export interface Webhooks {
  /** It is told what happens from now on. The secret is returned this once. Throws ValidationError. */
  create (wanted: Wanted): { webhook: Webhook, secret: string }
  /** Throws WebhookNotFoundError. */
  get (id: string): WebhookRow
  list (filter: { teams?: readonly string[] }, page: Page): Paged<Webhook>
  remove (id: string): void
  /** A new secret. Both sign for `overlap` ms. */
  rotate (id: string, overlap: number): { secret: string, previousUntil: number }
  /** One request now, beside all others. */
  test (id: string, signal: AbortSignal): Promise<Sent & { deliveryId: string }>
  deliveries (id: string, state: DeliveryState | undefined, page: Page): Paged<Delivery>
  /** Send again what happened from this seq on; `dead`: only what was given up. */
  replay (id: string, seq: number, only: 'all' | 'dead'): Webhook
  /** Attempts since the start of this server, by what came of them; deliveries that wait or were given up; how long the oldest has waited, ms. */
  measure (): { attempts: Readonly<Record<Outcome, number>>, pending: number, dead: number, oldest: number }
  /** Begin to deliver, also what was left when the server last ended. */
  start (): void
  /** What is on its way gets a moment; the rest is in the store. */
  stop (): Promise<void>
}

/** Each may have some requests on their way. */
const MOST = 100
/** Settled deliveries kept of each. */
const KEPT = 10_000
/** ms between looks for those that are too old. */
const EVERY = 10 * 60_000
/** ms that a request on its way gets when the server stops. */
const GRACE = 2_000

export function createWebhooks ({ store, log, clock, keys, settings, version, onError, resolve, random = Math.random }: {
  store: Store
  log: Log
  clock: Clock
  keys: Pick<Keys, 'named'>
  settings: () => Readonly<WebhookSettings>
  version: string
  onError: (err: unknown) => void
  /** In the place of the system's. */
  resolve?: Resolve | undefined
  random?: () => number
}): Webhooks {
  const guard = createGuard({ allow: () => settings().allow, resolve })
  const open = new Map<string, { webhook: WebhookRow, outbox: Outbox }>()
  const attempts = Object.fromEntries(OUTCOMES.map(outcome => [outcome, 0])) as Record<Outcome, number>
  let leave: (() => void) | undefined
  let cancelSweep = () => {}

  /** A webhook is told what its maker may hear now: not what a key could do when it was made. */
  function active ({ owner, team }: WebhookRow): boolean {
    const maker = keys.named(owner)
    return maker !== null && maker.permissions.has('admin') && (maker.teams === null || maker.teams.has(team))
  }

  function get (id: string): WebhookRow {
    const row = store.webhooks.get(id)
    if (row === undefined) throw new WebhookNotFoundError(id)
    return row
  }

  const view = (row: WebhookRow): Webhook => ({
    webhookId: row.id,
    url: row.url,
    format: row.format,
    team: row.team,
    ...(row.events !== null && { events: row.events as NonNullable<Webhook['events']> }),
    ...(row.session !== null && { session: row.session }),
    state: active(row) ? 'active' : 'stopped',
    createdBy: row.owner,
    createdAt: row.createdAt,
    cursor: row.cursor,
    pending: store.deliveries.count(row.id, 'pending'),
    dead: store.deliveries.count(row.id, 'dead'),
    ...(row.previousUntil !== null && row.previousUntil > clock.now() && { previousUntil: row.previousUntil })
  })

  function post (webhook: WebhookRow, deliveryId: string, body: string, signal: AbortSignal): Promise<Sent> {
    return send({
      url: webhook.url,
      body,
      headers: { 'content-type': 'application/json', 'user-agent': `Iris/${version}`, ...signed(deliveryId, body, clock.now(), webhook) }
    }, { clock, guard, timeout: settings().timeout, signal })
  }

  function follow (webhook: WebhookRow) {
    const outbox = createOutbox({
      id: webhook.id,
      store,
      log,
      clock,
      active,
      async send (row, seq, signal) {
        const [published] = log.read(seq - 1, 1)
        if (published?.seq !== seq) return undefined
        return await post(row, deliveryId(row.id, seq), bodyOf(row.format, () => sentenceOf(published.event), () => published.text()), signal)
      },
      retryFor: () => settings().retryFor,
      random,
      attempted (outcome) { attempts[outcome]++ },
      onError
    })
    open.set(webhook.id, { webhook, outbox })
    outbox.poke()
  }

  function sweep () {
    const { keepDeliveries } = settings()
    try {
      store.deliveries.trim(keepDeliveries > 0 ? clock.now() - keepDeliveries : 0, KEPT)
    } catch (err) {
      onError(err)
    }
    cancelSweep = clock.after(EVERY, sweep)
  }

  return {
    create (wanted) {
      guard.check(wanted.url)
      if (store.webhooks.all().length >= MOST) throw new ValidationError(`There are ${MOST} webhooks already. Delete one first`)
      const secret = makeSecret()
      const row: WebhookRow = { ...wanted, id: randomUUID(), secret, previousSecret: null, previousUntil: null, cursor: log.head(), createdAt: clock.now() }
      store.webhooks.insert(row)
      if (leave !== undefined) follow(row)
      return { webhook: view(row), secret }
    },
    get,
    list (filter, page) {
      const { rows, next } = store.webhooks.list(filter, page)
      return { rows: rows.map(view), next }
    },
    remove (id) {
      store.webhooks.remove(get(id).id)
      const one = open.get(id)?.outbox
      open.delete(id)
      one?.abort()
      one?.stop().catch(onError)
    },
    rotate (id, overlap) {
      const { secret: previousSecret } = get(id)
      const secret = makeSecret()
      const previousUntil = clock.now() + overlap
      store.webhooks.update(id, { secret, previousSecret, previousUntil })
      return { secret, previousUntil }
    },
    async test (id, signal) {
      const webhook = get(id)
      const deliveryId = `msg_test_${randomUUID()}`
      const frame = { event: 'webhook:test', data: { webhookId: id, team: webhook.team } }
      const body = bodyOf(webhook.format, () => 'Iris can reach this webhook', () => JSON.stringify(frame))
      return { ...await post(webhook, deliveryId, body, signal), deliveryId }
    },
    deliveries (id, state, page) {
      const { rows, next } = store.deliveries.list({ webhookId: get(id).id, ...(state !== undefined && { state }) }, page)
      return { rows: rows.map(viewDelivery), next }
    },
    replay (id, seq, only) {
      const { cursor } = get(id)
      if (only === 'dead') store.deliveries.revive(id, seq, clock.now())
      else store.webhooks.update(id, { cursor: Math.min(cursor, seq - 1) })
      open.get(id)?.outbox.poke()
      return view(get(id))
    },
    measure () {
      const ids = store.webhooks.all().map(({ id }) => id)
      const count = (state: DeliveryState) => ids.reduce((sum, id) => sum + store.deliveries.count(id, state), 0)
      const now = clock.now()
      return { attempts, pending: count('pending'), dead: count('dead'), oldest: Math.max(0, ...ids.map(id => now - (store.deliveries.oldest(id) ?? now))) }
    },
    start () {
      if (leave !== undefined) return
      leave = log.subscribe('all', published => {
        for (const { webhook, outbox } of open.values()) if (wants(webhook, published)) outbox.poke()
      })
      for (const webhook of store.webhooks.all()) follow(webhook)
      cancelSweep = clock.after(EVERY, sweep)
    },
    async stop () {
      leave?.()
      cancelSweep()
      const outboxes = [...open.values()].map(({ outbox }) => outbox)
      open.clear()
      const ended = Promise.all(outboxes.map(async outbox => await outbox.stop()))
      const cancel = clock.after(GRACE, () => { for (const outbox of outboxes) outbox.abort() })
      await ended
      cancel()
    }
  }
}

/** No dots: they separate what is signed. */
const deliveryId = (webhookId: string, seq: number) => `msg_${webhookId}_${seq}`

const viewDelivery = ({ webhookId, seq, event, team, sessionId, state, attempts, recent, dueAt, createdAt }: DeliveryRow): Delivery => ({
  deliveryId: deliveryId(webhookId, seq), seq, event, team, sessionId, state, attempts, recent: [...recent], ...(state === 'pending' && { dueAt }), createdAt
})
