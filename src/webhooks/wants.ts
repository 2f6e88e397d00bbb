import type { Published } from '../bus/bus.ts'
import { WEBHOOK_EVENTS } from '../../schemas/webhook.ts'
import type { WebhookRow } from '../store/webhook-rows.ts'

/** Whether a webhook is to be told of this. */
export function wants ({ team, events, session }: Pick<WebhookRow, 'team' | 'events' | 'session'>, published: Pick<Published, 'name' | 'team' | 'sessionId'>): boolean {
  return (team === '*' || team === published.team) &&
    (events ?? WEBHOOK_EVENTS).includes(published.name) &&
    (session === null || session === published.sessionId)
}
