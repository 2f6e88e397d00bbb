import { Type } from '@sinclair/typebox'
import { WebhookId, WebhookSecret } from '../../schemas/webhook.ts'
import { defineTool } from '../tool.ts'

export const webhookRotate = defineTool({
  name: 'webhook_rotate',
  title: 'Replace a webhook\'s secret',
  description: 'A new secret, shown this once. For the time of `overlap` deliveries carry two signatures, by the new and by the old one, so that the receiver can change over without a loss.',
  permission: 'admin',
  hints: { destructive: true },
  http: { method: 'POST', url: '/webhooks/:webhookId/rotate' },
  input: Type.Object({
    webhookId: WebhookId,
    overlap: Type.Integer({ minimum: 0, maximum: 30 * 86_400_000, default: 86_400_000, description: 'How long the old secret still signs too, ms. 0 where it has leaked' })
  }, { additionalProperties: false }),
  output: { webhookId: WebhookId, secret: WebhookSecret, previousUntil: Type.Integer({ description: 'Until then the old secret signs too, Unix ms' }) },
  team: ({ webhookId }, { webhooks }) => webhooks.get(webhookId).team,

  handler: ({ webhookId, overlap }, { webhooks }) => ({ webhookId, ...webhooks.rotate(webhookId, overlap) })
})
