import { Type } from '@sinclair/typebox'
import { KeyName, KeyToken } from '../../schemas/key.ts'
import { defineTool } from '../tool.ts'

export const keyRotate = defineTool({
  name: 'key_rotate',
  title: 'Replace a key',
  description: 'A new key in the place of the old one, which ends at once, with the same name and permissions. It is shown this once: a call that is sent again with its idempotency key is answered without it. ' +
    'Only of keys that can do no more than the one of the call. Where the iris command on the machine of the server uses it, that goes on with the new one.',
  permission: 'admin',
  hints: { destructive: true },
  http: { method: 'POST', url: '/keys/:keyName/rotate' },
  shownOnce: 'key',
  input: Type.Object({ keyName: KeyName }, { additionalProperties: false }),
  output: { keyName: KeyName, createdAt: Type.Integer({ description: 'Unix ms' }), key: Type.Optional(KeyToken) },
  team: null,

  handler ({ keyName }, { caller, keys }) {
    const { key, record: { createdAt } } = keys.rotate(keyName, caller)
    return { keyName, createdAt, key }
  }
})
