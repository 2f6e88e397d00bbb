import { Type } from '@sinclair/typebox'
import { Next, Paging } from '../../schemas/page.ts'
import { Delivery, DeliveryState, WebhookId } from '../../schemas/webhook.ts'
import { defineTool } from '../tool.ts'

export const webhookDeliveries = defineTool({
  name: 'webhook_deliveries',
  title: 'List what a webhook was sent',
  description: 'What a webhook was told, waits to be told, or was not told in spite of all attempts (dead), newest first, with the attempts. What happened itself is in the log: event_list.',
  permission: 'admin',
  http: { method: 'GET', url: '/webhooks/:webhookId/deliveries' },
  input: Type.Object({ webhookId: WebhookId, state: Type.Optional(DeliveryState), ...Paging }, { additionalProperties: false }),
  output: { deliveries: Type.Array(Delivery), next: Next },
  team: ({ webhookId }, { webhooks }) => webhooks.get(webhookId).team,

  handler ({ webhookId, state, cursor, limit }, { webhooks }) {
    const { rows, next } = webhooks.deliveries(webhookId, state, { limit, ...(cursor !== undefined && { cursor }) })
    return { deliveries: rows, ...(next !== null && { next }) }
  }
})
