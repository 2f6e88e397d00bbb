import { Type, type Static } from '@sinclair/typebox'
import { OneOf } from './one-of.ts'
import { TeamName } from './team.ts'

export const PERMISSIONS = ['tell', 'wake', 'sleep', 'status', 'cache:read', 'cache:write', 'approve', 'metrics', 'admin'] as const
export const Permission = OneOf(PERMISSIONS, { description: '`admin` is all of them' })
export type Permission = Static<typeof Permission>

/** What a key allows. Of the key itself only the SHA-256 is kept. */
export const KeyGrant = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  permissions: Type.Array(Permission, { minItems: 1, uniqueItems: true }),
  teams: Type.Optional(Type.Array(TeamName, { minItems: 1, description: 'The only teams it may reach; absent: all' })),
  as: Type.Optional(Type.Array(TeamName, { minItems: 1, description: 'The only names it may speak as; the first is its own. Absent: any' })),
  rateLimit: Type.Optional(Type.Integer({ minimum: 1, description: 'Requests per window, in the place of api.rateLimit.max' })),
  expiresAt: Type.Optional(Type.Integer({ description: 'Unix ms' }))
}, { additionalProperties: false })
export type KeyGrant = Static<typeof KeyGrant>

export const KeyRecord = Type.Object({
  ...KeyGrant.properties,
  hash: Type.String({ description: 'SHA-256 of the key, hex' }),
  createdAt: Type.Integer(),
  revokedAt: Type.Optional(Type.Integer())
}, { additionalProperties: false })
export type KeyRecord = Static<typeof KeyRecord>
