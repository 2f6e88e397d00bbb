import { hash as digest } from 'node:crypto'
import type { Api } from '../../schemas/config.ts'
import type { Problem } from './problems.ts'
import { namesake, teamNameOf } from './team-name.ts'

const HASHED = /^sha256:/

/** What the schema cannot say of the keys in the file. */
export function checkKeys (keys: Api['apiKeys']): Problem[] {
  const problems: Problem[] = []
  const names = new Map<string, number>()
  const hashes = new Map<string, number>()
  keys.forEach(({ name, key, as, expires }, i) => {
    const add = (field: string, text: string) => problems.push({ path: ['api', 'apiKeys', i, field], text: `'api.apiKeys.${i}.${field}' ${text}` })
    const twin = names.get(name)
    if (twin !== undefined) add('name', `is '${name}', as is api.apiKeys.${twin}: each key has a name of its own`)
    else {
      const other = namesake({ name, as }, keys.slice(0, i))
      if (other !== undefined) add('name', `is '${name}', which would speak as '${teamNameOf(name)}', as '${other.name}' does, and share its conversations: choose another name, or say whom it speaks as (as)`)
    }
    names.set(name, i)
    if (HASHED.test(key) && !/^sha256:[0-9a-fA-F]{64}$/.test(key)) add('key', 'must be `sha256:` and 64 hex digits, or the key itself, from an environment variable')
    const hash = HASHED.test(key) ? key.slice(7).toLowerCase() : digest('sha256', key)
    const same = hashes.get(hash)
    if (same !== undefined) add('key', `is the same as that of api.apiKeys.${same}`)
    hashes.set(hash, i)
    if (expires !== undefined && !isDate(expires)) add('expires', 'must be an ISO 8601 date or time, e.g. 2027-01-31 or 2027-01-31T12:00:00Z')
  })
  return problems
}

function isDate (text: string): boolean {
  return /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text) && !Number.isNaN(Date.parse(text))
}
