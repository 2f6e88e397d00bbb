import { Type } from '@sinclair/typebox'
import { OneOf } from '../../schemas/one-of.ts'
import { Webhook, WebhookId } from '../../schemas/webhook.ts'
import { defineTool } from '../tool.ts'

export const webhookReplay = defineTool({
  name: 'webhook_replay',
  title: 'Send a webhook the past again',
  description: 'Send again what happened from a seq on, as far as the log still holds it, also what happened before the webhook was made. Each keeps its `webhook-id`, by which a receiver knows what it had.',
  permission: 'admin',
  http: { method: 'POST', url: '/webhooks/:webhookId/replay' },
  input: Type.Object({
    webhookId: WebhookId,
    seq: Type.Integer({ minimum: 1, description: 'The first event' }),
    only: OneOf(['all', 'dead'], { default: 'all', description: 'dead: only what was given up' })
  }, { additionalProperties: false }),
  output: Webhook.properties,
  team: ({ webhookId }, { webhooks }) => webhooks.get(webhookId).team,

  handler: ({ webhookId, seq, only }, { webhooks }) => webhooks.replay(webhookId, seq, only)
})
