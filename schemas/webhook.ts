import { Type, type Static } from '@sinclair/typebox'
import { Event, type EventName } from './event.ts'
import { OneOf } from './one-of.ts'
import { SessionId } from './session.ts'
import { TeamName } from './team.ts'

export const WebhookId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  description: 'Webhook id, a UUID in lower case'
})
export type WebhookId = Static<typeof WebhookId>

/** All that is stored, save the pieces of answers: they are not kept once the answer is whole, which `tell:complete` brings. */
export const WEBHOOK_EVENTS: readonly EventName[] = Event.anyOf.map(one => one.properties.event.const).filter(name => name !== 'tell:chunk')

/** What a webhook is told of: one team, or all. */
export const WebhookTeam = Type.String({
  pattern: `^(\\*|${TeamName.pattern!.slice(1, -1)})$`,
  description: 'The team whose events are sent; `*`: all, which only a key that reaches all teams may ask for',
  examples: ['echo']
})

export const WebhookFormat = OneOf(['plain', 'slack', 'discord'], {
  description: 'plain: the event as on the WebSocket, `{event, data, seq}`. slack, discord: a sentence about it, for an incoming webhook of theirs',
  default: 'plain'
})
export type WebhookFormat = Static<typeof WebhookFormat>

export const WebhookUrl = Type.String({
  pattern: '^https?://[^\\s]+$',
  maxLength: 2048,
  description: 'An http or https address. Addresses inside the own network are refused unless `webhooks.allow` of config.yaml lists them'
})

export const WebhookFilter = {
  team: WebhookTeam,
  events: Type.Optional(Type.Array(OneOf(WEBHOOK_EVENTS), { minItems: 1, uniqueItems: true, description: 'Only these; absent: all' })),
  session: Type.Optional({ ...SessionId, description: 'Only this session\'s' })
}

/** A secret of Standard Webhooks. */
export const WebhookSecret = Type.String({ description: 'What its deliveries are signed with (Standard Webhooks). Shown this once' })

/** An address that is told what happens. */
export const Webhook = Type.Object({
  webhookId: WebhookId,
  url: WebhookUrl,
  format: WebhookFormat,
  ...WebhookFilter,
  state: OneOf(['active', 'stopped'], { description: 'stopped: the key that made it is not in force, is no admin any more, or does not reach the team. It goes on where it was once that is over' }),
  createdBy: Type.String({ description: 'The name of the key that made it' }),
  createdAt: Type.Integer({ description: 'Unix ms' }),
  cursor: Type.Integer({ description: 'The seq up to which the log has been looked through for it' }),
  pending: Type.Integer({ description: 'Deliveries that wait, or are tried again' }),
  dead: Type.Integer({ description: 'Deliveries that were given up; webhook_replay sends them again' }),
  previousUntil: Type.Optional(Type.Integer({ description: 'Until then deliveries are signed with the secret before, too. Unix ms' }))
}, { additionalProperties: false })
export type Webhook = Static<typeof Webhook>

export const DeliveryState = OneOf(['pending', 'delivered', 'dead'])
export type DeliveryState = Static<typeof DeliveryState>

/** One request, and what came of it. */
export const Attempt = Type.Object({
  at: Type.Integer({ description: 'When it began, Unix ms' }),
  duration: Type.Integer({ description: 'ms' }),
  status: Type.Optional(Type.Integer({ description: 'The HTTP status of the answer, where there was one' })),
  error: Type.Optional(Type.String({ description: 'Why it counts as failed' }))
}, { additionalProperties: false })
export type Attempt = Static<typeof Attempt>

/** What one webhook is told of one event. */
export const Delivery = Type.Object({
  deliveryId: Type.String({ description: 'The header `webhook-id`: the same at each attempt and after a replay' }),
  seq: Type.Integer({ description: 'The event' }),
  event: Type.String(),
  team: Type.String(),
  sessionId: SessionId,
  state: DeliveryState,
  attempts: Type.Integer({ description: 'How often it was tried' }),
  recent: Type.Array(Attempt, { description: 'The newest attempts, oldest first' }),
  dueAt: Type.Optional(Type.Integer({ description: 'Not tried before, Unix ms' })),
  createdAt: Type.Integer({ description: 'Unix ms' })
}, { additionalProperties: false })
export type Delivery = Static<typeof Delivery>
