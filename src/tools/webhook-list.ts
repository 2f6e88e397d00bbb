import { Type } from '@sinclair/typebox'
import { Next, Paging } from '../../schemas/page.ts'
import { Webhook } from '../../schemas/webhook.ts'
import { defineTool } from '../tool.ts'

export const webhookList = defineTool({
  name: 'webhook_list',
  title: 'List the webhooks',
  description: 'The webhooks of the teams that the key reaches, newest first, with how much waits and how much was given up. Secrets are not shown.',
  permission: 'admin',
  http: { method: 'GET', url: '/webhooks' },
  input: Type.Object({ ...Paging }, { additionalProperties: false }),
  output: { webhooks: Type.Array(Webhook), next: Next },
  team: null,

  handler ({ cursor, limit }, { caller, webhooks }) {
    const { rows, next } = webhooks.list(caller.teams === null ? {} : { teams: [...caller.teams] }, { limit, ...(cursor !== undefined && { cursor }) })
    return { webhooks: rows, ...(next !== null && { next }) }
  }
})
