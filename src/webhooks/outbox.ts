import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { DeliveryRow, WebhookRow } from '../store/webhook-rows.ts'
import { ASKED, nextTry } from './backoff.ts'
import type { Sent } from './send.ts'
import { wants } from './wants.ts'

/** Deliveries of one webhook that may wait; what comes after them stays in the log. */
const MOST = 10_000
/** Events copied at a time: that takes some ms. */
const PAGE = 100
/** Requests to one address at once, each of another session. */
const AT_ONCE = 4
/** Attempts that are kept of a delivery. */
const RECENT = 20
/** ms after which a webhook that is stopped, or met a fault of ours, is looked at again. */
const LOOK_AGAIN = 60_000

/** The deliveries of one webhook: a cursor in the log, and rows of what is to be sent. All of it is in the store. */
export interface Outbox {
  /** There may be something to do. Returns at once. */
  poke (): void
  /** Begins nothing any more; resolves when the requests on their way have ended, which `abort` hastens. */
  stop (): Promise<unknown>
  abort (): void
}

export interface OutboxOptions {
  id: string
  store: Pick<Store, 'transaction' | 'webhooks' | 'deliveries'>
  log: Pick<Log, 'read'>
  clock: Clock
  /** Whether its maker may still hear what it is told. */
  active: (webhook: WebhookRow) => boolean
  /** Undefined where the log does not hold the event any more. */
  send: (webhook: WebhookRow, seq: number, signal: AbortSignal) => Promise<Sent | undefined>
  /** ms */
  retryFor: () => number
  random: () => number
  /** Hears what came of each attempt. */
  attempted: (outcome: Outcome) => void
  onError: (err: unknown) => void
}

/** `retried`: it failed, and will be tried again. `dead`: it is given up. */
export const OUTCOMES = ['delivered', 'retried', 'dead'] as const
export type Outcome = typeof OUTCOMES[number]

export function createOutbox ({ id, store, log, clock, active, send, retryFor, random, attempted, onError }: OutboxOptions): Outbox {
  /** By session: of each, one at a time, so that they come in order. */
  const flying = new Map<string, { controller: AbortController, ended: Promise<void> }>()
  let stopped = false
  let planned: NodeJS.Immediate | undefined
  let cancelTimer = () => {}

  function poke () {
    if (stopped) return
    planned ??= setImmediate(() => {
      planned = undefined
      work()
    })
  }

  function work () {
    cancelTimer()
    if (stopped) return
    try {
      const webhook = store.webhooks.get(id)
      if (webhook === undefined) return
      if (!active(webhook)) return again(LOOK_AGAIN)
      if (copy(webhook)) poke()
      begin(webhook)
    } catch (err) {
      onError(err)
      again(LOOK_AGAIN)
    }
  }

  function again (ms: number) {
    cancelTimer()
    cancelTimer = clock.after(Math.max(ms, 0), poke)
  }

  /** The next events of the log become deliveries as one with the cursor's move: none is missed and none is twice. Whether there may be more. */
  function copy ({ cursor, ...webhook }: WebhookRow): boolean {
    const room = Math.min(PAGE, MOST - store.deliveries.count(id, 'pending'))
    const page = room > 0 ? log.read(cursor, room) : []
    if (page.length === 0) return false
    store.transaction(() => {
      for (const published of page) {
        if (!wants(webhook, published)) continue
        const { seq, name: event, team, sessionId } = published
        store.deliveries.put({ webhookId: id, seq, event, team, sessionId, createdAt: clock.now() })
      }
      store.webhooks.update(id, { cursor: page.at(-1)!.seq })
    })
    return page.length === room
  }

  function begin (webhook: WebhookRow) {
    const now = clock.now()
    // Among so many there is one that is free, where there is one at all.
    for (const head of store.deliveries.heads(id, 2 * AT_ONCE)) {
      if (flying.size >= AT_ONCE) return
      if (flying.has(head.sessionId)) continue
      const wait = head.dueAt - now
      // What is due later than any wait is long was put off by a clock that has been set back since.
      if (wait > 0 && wait <= ASKED) return again(wait)
      const controller = new AbortController()
      const ended = deliver(webhook, head, controller.signal).then(poke, err => {
        onError(err)
        if (!stopped) again(LOOK_AGAIN)
      }).finally(() => { flying.delete(head.sessionId) })
      flying.set(head.sessionId, { controller, ended })
    }
  }

  async function deliver (webhook: WebhookRow, head: DeliveryRow, signal: AbortSignal) {
    const { aborted, retryAfter, ...attempt } = await send(webhook, head.seq, signal) ?? { at: clock.now(), duration: 0, error: GONE }
    if (aborted === true) return
    const now = clock.now()
    const attempts = head.attempts + 1
    const due = attempt.error === GONE ? null : nextTry({ attempts, now, until: head.createdAt + retryFor(), random, ...(retryAfter !== undefined && { retryAfter }) })
    store.deliveries.update(id, head.seq, {
      state: attempt.error === undefined ? 'delivered' : due === null ? 'dead' : 'pending',
      attempts,
      recent: [...head.recent, attempt].slice(-RECENT),
      dueAt: due ?? now
    })
    attempted(attempt.error === undefined ? 'delivered' : due === null ? 'dead' : 'retried')
  }

  return {
    poke,
    stop () {
      stopped = true
      clearImmediate(planned)
      cancelTimer()
      return Promise.all([...flying.values()].map(({ ended }) => ended))
    },
    abort () { for (const { controller } of flying.values()) controller.abort() }
  }
}

const GONE = 'the log does not hold this event any more'
