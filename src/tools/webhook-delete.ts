import { Type } from '@sinclair/typebox'
import { WebhookId } from '../../schemas/webhook.ts'
import { defineTool } from '../tool.ts'

export const webhookDelete = defineTool({
  name: 'webhook_delete',
  title: 'Delete a webhook',
  description: 'It is told nothing any more. What waits for it is dropped.',
  permission: 'admin',
  hints: { destructive: true },
  http: { method: 'DELETE', url: '/webhooks/:webhookId' },
  input: Type.Object({ webhookId: WebhookId }, { additionalProperties: false }),
  output: { webhookId: WebhookId, deleted: Type.Boolean() },
  team: ({ webhookId }, { webhooks }) => webhooks.get(webhookId).team,

  handler ({ webhookId }, { webhooks }) {
    webhooks.remove(webhookId)
    return { webhookId, deleted: true }
  }
})
