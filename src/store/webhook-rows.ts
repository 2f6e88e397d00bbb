import type { Attempt, DeliveryState, WebhookFormat } from '../../schemas/webhook.ts'
import type { Page, Paged } from './store.ts'

export interface WebhookRow {
  readonly id: string
  readonly url: string
  readonly format: WebhookFormat
  /** `*`: all. */
  readonly team: string
  /** null: all. */
  readonly events: readonly string[] | null
  readonly session: string | null
  /** The name of the key that made it. */
  readonly owner: string
  readonly secret: string
  readonly previousSecret: string | null
  readonly previousUntil: number | null
  /** Up to this seq the log has been looked through. */
  readonly cursor: number
  readonly createdAt: number
}

/** What one webhook is told of one event. */
export interface DeliveryRow {
  readonly webhookId: string
  readonly seq: number
  readonly event: string
  readonly team: string
  readonly sessionId: string
  readonly state: DeliveryState
  readonly attempts: number
  /** The newest ones, oldest first. */
  readonly recent: readonly Attempt[]
  /** Unix ms. */
  readonly dueAt: number
  readonly createdAt: number
}

export interface WebhookTable {
  insert (row: WebhookRow): void
  get (id: string): WebhookRow | undefined
  all (): WebhookRow[]
  list (filter: { teams?: readonly string[] }, page: Page): Paged<WebhookRow>
  update (id: string, fields: Partial<Pick<WebhookRow, 'secret' | 'previousSecret' | 'previousUntil' | 'cursor'>>): void
  /** With its deliveries. */
  remove (id: string): void
}

export interface DeliveryTable {
  /** What is there already waits again, as if it were new. */
  put (row: Pick<DeliveryRow, 'webhookId' | 'seq' | 'event' | 'team' | 'sessionId' | 'createdAt'>): void
  count (webhookId: string, state: DeliveryState): number
  /** When the oldest that waits was made, Unix ms; undefined where none waits. */
  oldest (webhookId: string): number | undefined
  /** Of each session the first that waits, the one due first in front, `limit` at most. */
  heads (webhookId: string, limit: number): DeliveryRow[]
  update (webhookId: string, seq: number, fields: Pick<DeliveryRow, 'state' | 'attempts' | 'recent' | 'dueAt'>): void
  list (filter: { webhookId: string, state?: DeliveryState }, page: Page): Paged<DeliveryRow>
  /** The dead from this seq on wait again, as if they were new; returns how many. */
  revive (webhookId: string, seq: number, now: number): number
  /** Forgets settled ones made before (Unix ms), and the oldest settled beyond `max` of each webhook. */
  trim (before: number, max: number): void
}
