import { Type } from '@sinclair/typebox'
import { Attempt, WebhookId } from '../../schemas/webhook.ts'
import { defineTool } from '../tool.ts'

export const webhookTest = defineTool({
  name: 'webhook_test',
  title: 'Try a webhook',
  description: 'Send one signed request now, `{"event":"webhook:test",…}`, and say what came of it. It is not tried again, and holds back nothing.',
  permission: 'admin',
  http: { method: 'POST', url: '/webhooks/:webhookId/test' },
  input: Type.Object({ webhookId: WebhookId }, { additionalProperties: false }),
  output: { webhookId: WebhookId, deliveryId: Type.String({ description: 'The header `webhook-id`' }), delivered: Type.Boolean(), ...Attempt.properties },
  team: ({ webhookId }, { webhooks }) => webhooks.get(webhookId).team,

  async handler ({ webhookId }, { webhooks, signal }) {
    const { deliveryId, at, duration, status, error } = await webhooks.test(webhookId, signal)
    return { webhookId, deliveryId, delivered: error === undefined, at, duration, ...(status !== undefined && { status }), ...(error !== undefined && { error }) }
  }
})
