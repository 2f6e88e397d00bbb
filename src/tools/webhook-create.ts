import { Type } from '@sinclair/typebox'
import { Webhook, WebhookFilter, WebhookFormat, WebhookSecret, WebhookUrl } from '../../schemas/webhook.ts'
import { ValidationError } from '../errors.ts'
import { defineTool } from '../tool.ts'

export const webhookCreate = defineTool({
  name: 'webhook_create',
  title: 'Make a webhook',
  description: 'Have an address told what happens from now on, by signed requests (Standard Webhooks): at least once, in order in each session, tried again for a day. ' +
    'The secret is shown this once. It lasts as long as the key that makes it is in force and reaches the team.',
  permission: 'admin',
  http: { method: 'POST', url: '/webhooks' },
  refusals: [404],
  input: Type.Object({ url: WebhookUrl, format: WebhookFormat, ...WebhookFilter }, { additionalProperties: false }),
  output: { ...Webhook.properties, secret: WebhookSecret },
  team: ({ team }) => team,

  handler ({ url, format, team, events = null, session = null }, { caller, teams, sessions, webhooks }) {
    if (team !== '*') teams.get(team)
    if (session !== null && sessions.get(session).to !== team && team !== '*') throw new ValidationError(`The session is not one of the team '${team}'`)
    const { webhook, secret } = webhooks.create({ url, format, team, events, session, owner: caller.name })
    return { ...webhook, secret }
  }
})
