import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { WebhookRow } from '../store/webhook-rows.ts'

/** A secret as Standard Webhooks has it: 32 random bytes. */
export const makeSecret = () => `whsec_${randomBytes(32).toString('base64')}`

/** The three headers of Standard Webhooks. While a secret is being replaced both sign, so that a receiver with either one verifies. */
export function signed (id: string, body: string, now: number, { secret, previousSecret, previousUntil }: Pick<WebhookRow, 'secret' | 'previousSecret' | 'previousUntil'>): Record<string, string> {
  const secrets = previousSecret !== null && previousUntil !== null && previousUntil > now ? [secret, previousSecret] : [secret]
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': secrets.map(one => new Webhook(one).sign(id, new Date(now), body)).join(' ')
  }
}
