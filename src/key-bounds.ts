import type { KeyGrant } from '../schemas/key.ts'
import { holds, type Caller } from './tool.ts'

type Grants = Omit<KeyGrant, 'name'>

/** What is not said of a new key is as its maker's, where that is held to something. */
export function inherit<G extends Grants> (grant: G, { teams, as, rateLimit, expiresAt }: Caller): G {
  return {
    ...(teams !== null && { teams: [...teams] }),
    ...(as !== null && { as: [...as] }),
    ...(rateLimit !== undefined && { rateLimit }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...grant
  }
}

/** Why a key is none of the caller's business: it reaches teams that the caller does not. Undefined where it is. */
export function beyondReach ({ teams }: Grants, { teams: own }: Caller): string | undefined {
  if (own === null) return undefined
  if (teams === undefined) return 'This key does not reach all teams, as that one does'
  const other = teams.find(team => !own.has(team))
  return other === undefined ? undefined : `This key does not reach the team '${other}'`
}

/** Why a key is more than the caller's, who could use it once it is made or rotated. Undefined where it is not. */
export function beyondRights (key: Grants, caller: Caller): string | undefined {
  const { as, rateLimit, expiresAt } = caller
  const lacking = key.permissions.find(one => !holds(caller, one))
  const other = as === null ? undefined : key.as === undefined ? '*' : key.as.find(name => !as.has(name))
  if (lacking !== undefined) return `This key lacks the permission '${lacking}'`
  if (other !== undefined) return `This key may not speak as '${other}'`
  if (rateLimit !== undefined && (key.rateLimit ?? Infinity) > rateLimit) return `This key may make ${rateLimit} requests per window, and that one more`
  if (expiresAt !== undefined && (key.expiresAt ?? Infinity) > expiresAt) return `This key ends at ${new Date(expiresAt).toISOString()}, and that one later`
  return beyondReach(key, caller)
}
