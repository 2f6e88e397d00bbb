import { Type, type Static } from '@sinclair/typebox'
import { OneOf } from './one-of.ts'
import { TeamName } from './team.ts'

export const PERMISSIONS = ['tell', 'wake', 'sleep', 'status', 'cache:read', 'cache:write', 'approve', 'metrics', 'admin'] as const
export const Permission = OneOf(PERMISSIONS, { description: '`admin` is all of them' })
export type Permission = Static<typeof Permission>

export const KeyName = Type.String({ minLength: 1, maxLength: 64, description: 'The name of a key', examples: ['ci'] })

/** What a key allows. */
export const KeyGrants = {
  permissions: Type.Array(Permission, { minItems: 1, uniqueItems: true }),
  teams: Type.Optional(Type.Array(TeamName, { minItems: 1, description: 'The only teams it may reach; absent: all' })),
  as: Type.Optional(Type.Array(TeamName, { minItems: 1, description: 'The only names it may speak as; the first is its own. Absent: any' })),
  rateLimit: Type.Optional(Type.Integer({ minimum: 1, description: 'Requests per window, in the place of api.rateLimit.max' })),
  expiresAt: Type.Optional(Type.Integer({ minimum: 0, maximum: 8.64e15, description: 'Unix ms' }))
}

export const KeyGrant = Type.Object({ name: KeyName, ...KeyGrants }, { additionalProperties: false })
export type KeyGrant = Static<typeof KeyGrant>

/** Of the key itself only the SHA-256 is kept. */
export const KeyRecord = Type.Object({
  ...KeyGrant.properties,
  hash: Type.String({ description: 'SHA-256 of the key, hex' }),
  createdAt: Type.Integer(),
  revokedAt: Type.Optional(Type.Integer())
}, { additionalProperties: false })
export type KeyRecord = Static<typeof KeyRecord>

/** A key as one sees it who looks at it: neither itself nor its hash. */
export const Key = Type.Object({
  keyName: KeyName,
  ...KeyGrants,
  state: OneOf(['valid', 'expired', 'revoked']),
  source: OneOf(['store', 'config'], { description: 'config: it stands in config.yaml, and is changed there' }),
  createdAt: Type.Optional(Type.Integer({ description: 'When it was made, or made anew, Unix ms' })),
  revokedAt: Type.Optional(Type.Integer({ description: 'Unix ms' })),
  lastUsedAt: Type.Optional(Type.Integer({ description: 'When it was last used since the server started, Unix ms' })),
  own: Type.Boolean({ description: 'Whether it is the key of this call' }),
  local: Type.Boolean({ description: 'Whether the iris command on the machine of the server uses it' })
}, { additionalProperties: false })
export type Key = Static<typeof Key>

export const KeyToken = Type.String({ description: 'The key itself. It is shown this once; only its hash is kept' })
