import { Type } from '@sinclair/typebox'
import { Key } from '../../schemas/key.ts'
import { defineTool } from '../tool.ts'

export const keyList = defineTool({
  name: 'key_list',
  title: 'List the keys',
  description: 'The keys that reach nothing but what this one reaches, those in config.yaml too, with what each may do and when it was last used. Keys themselves are not shown.',
  permission: 'admin',
  http: { method: 'GET', url: '/keys' },
  input: Type.Object({}, { additionalProperties: false }),
  output: { keys: Type.Array(Key) },
  team: null,

  handler: (_, { caller, keys }) => ({ keys: keys.list(caller).map(({ name, ...key }) => ({ keyName: name, ...key, own: name === caller.name })) })
})
