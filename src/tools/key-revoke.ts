import { Type } from '@sinclair/typebox'
import { KeyName } from '../../schemas/key.ts'
import { defineTool } from '../tool.ts'

export const keyRevoke = defineTool({
  name: 'key_revoke',
  title: 'Revoke a key',
  description: 'The key is worthless from its next request on, its streams and sockets are closed, its webhooks stop. It may be the one of this call, but not the last with which keys are managed. ' +
    'Keys in config.yaml are taken out there.',
  permission: 'admin',
  hints: { destructive: true, idempotent: true },
  http: { method: 'POST', url: '/keys/:keyName/revoke' },
  input: Type.Object({ keyName: KeyName }, { additionalProperties: false }),
  output: { keyName: KeyName, revoked: Type.Boolean(), own: Type.Boolean({ description: 'Whether it was the key of this call, which now was its last' }) },
  team: null,

  handler ({ keyName }, { caller, keys }) {
    keys.revoke(keyName, caller)
    return { keyName, revoked: true, own: keyName === caller.name }
  }
})
