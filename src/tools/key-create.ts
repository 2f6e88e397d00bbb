import { Type } from '@sinclair/typebox'
import { KeyGrants, KeyName, KeyToken } from '../../schemas/key.ts'
import { defineTool } from '../tool.ts'

export const keyCreate = defineTool({
  name: 'key_create',
  title: 'Make a key',
  description: 'A key for somebody else, or for a program. It is shown this once: a call that is sent again with its idempotency key is answered without it, and key_rotate makes another. ' +
    'It can never do more than the key it is made with; what is not said is as there.',
  permission: 'admin',
  http: { method: 'POST', url: '/keys' },
  shownOnce: 'key',
  input: Type.Object({ keyName: KeyName, ...KeyGrants }, { additionalProperties: false }),
  output: { keyName: KeyName, ...KeyGrants, createdAt: Type.Integer({ description: 'Unix ms' }), key: Type.Optional(KeyToken) },
  team: null,

  handler ({ keyName, ...grants }, { caller, keys }) {
    const { key, record: { name, hash: _, revokedAt: __, ...rest } } = keys.create({ name: keyName, ...grants }, caller)
    return { keyName: name, ...rest, key }
  }
})
