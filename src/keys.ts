import { hash as digest, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Config } from '../schemas/config.ts'
import type { KeyGrant, KeyRecord, Permission } from '../schemas/key.ts'
import type { Clock } from './clock.ts'
import { namesake, teamNameOf } from './config/team-name.ts'
import { NotFoundError, ValidationError } from './errors.ts'
import type { Store } from './store/store.ts'
import type { Caller } from './tool.ts'

/** Who may do what. Of a key only the SHA-256 is kept: it is 256 random bits, so a slow hash would protect nothing. */
export interface Keys {
  /** Whose key this is; null where it is unknown, revoked or expired. */
  authenticate (token: string): Caller | null
  /** The caller of a name as of now; null where no key in force has it. */
  named (name: string): Caller | null
  /** A key that is kept nowhere but in here, until its `end`. Whose it is, is asked at each use. */
  lend (caller: () => Caller): { key: string, end (): void }
  /** The key itself is returned this once. Throws ValidationError where the name is taken, or speaks as another key does. */
  create (grant: KeyGrant): { key: string, record: KeyRecord }
  /** Those in the store and those in config.yaml, without hashes. */
  list (): (Omit<KeyRecord, 'hash'> & { source: 'store' | 'config' })[]
  /** Throws NotFoundError. Takes effect with the next request, also of a running server. */
  revoke (name: string): void
  /** A new key in the place of the old one, with the same grants. */
  rotate (name: string): { key: string, record: KeyRecord }
}

interface Known { readonly record: KeyRecord, readonly caller: Caller }

const PREFIX = 'iris_sk_'

/** Names of callers that begin so are those of agents, never of keys. */
export const AGENT_NAMES = 'agent:'

/** Who calls where no key is asked for: everybody on this machine. */
export const ANONYMOUS: Caller = Object.freeze({ name: 'local', self: 'local', permissions: new Set(['admin'] as const), teams: null, as: null })

export const hashKey = (token: string) => digest('sha256', token)

export function createKeys ({ store: { keys }, clock, config }: { store: Pick<Store, 'keys'>, clock: Clock, config: () => Config }): Keys {
  let known = new Map<string, Known>()
  /** Of `known`, by the keys themselves, for those that were seen: to hash each time costs more than the rest of who asks. */
  let met = new Map<string, Known>()
  let seen: { version: number, config: Config } | null = null
  let looked = false
  /** By hash, like the others, so that how long a look takes says nothing of a key. */
  const lent = new Map<string, () => Caller>()

  /** All keys by hash; read anew whenever either source changed. The store is asked once in each turn of the event loop. */
  function byHash () {
    if (looked && seen?.config === config()) return known
    looked = true
    setImmediate(() => { looked = false })
    const now = { version: keys.version(), config: config() }
    if (seen?.version !== now.version || seen.config !== now.config) {
      const records = [...configKeys(now.config), ...keys.list()]
      known = new Map(records.map(record => [record.hash, { record, caller: toCaller(record) }]))
      met = new Map()
      seen = now
    }
    return known
  }

  function stored (name: string): KeyRecord {
    const record = keys.list().find(one => one.name === name)
    if (record !== undefined) return record
    if (configKeys(config()).some(one => one.name === name)) throw new ValidationError(`The key '${name}' is in config.yaml: change it there`)
    throw new NotFoundError(`No key is named '${name}'. iris key list shows them`)
  }

  const inForce = ({ revokedAt, expiresAt }: KeyRecord) => revokedAt === undefined && (expiresAt === undefined || expiresAt > clock.now())

  return {
    authenticate (token) {
      const all = byHash()
      let found = met.get(token)
      if (found === undefined) {
        const hash = hashKey(token)
        found = all.get(hash)
        if (found === undefined) return lent.get(hash)?.() ?? null
        if (!timingSafeEqual(Buffer.from(found.record.hash), Buffer.from(hash))) return null
        met.set(token, found)
      }
      return inForce(found.record) ? found.caller : null
    },
    named (name) {
      const found = [...byHash().values()].find(({ record }) => record.name === name)
      if (found !== undefined) return inForce(found.record) ? found.caller : null
      return name === ANONYMOUS.name && !config().api.requireAuth ? ANONYMOUS : null
    },
    lend (caller) {
      const { key, hash } = mint()
      lent.set(hash, caller)
      return { key, end () { lent.delete(hash) } }
    },
    create (grant) {
      looked = false
      if (grant.name.startsWith(AGENT_NAMES)) throw new ValidationError(`Names that begin with '${AGENT_NAMES}' are those of agents. Choose another name`)
      const all = [...keys.list(), ...configKeys(config())]
      const taken = all.find(({ name }) => name === grant.name)
      if (taken !== undefined) throw new ValidationError(`A key is named '${grant.name}' already. Choose another name, or rotate it`)
      const twin = namesake(grant, all)
      if (twin !== undefined) throw new ValidationError(`The key '${grant.name}' would speak as '${teamNameOf(grant.name)}', as '${twin.name}' does, and share its conversations. Choose another name, or say whom it speaks as (--as)`)
      const { key, hash } = mint()
      const record = { ...grant, hash, createdAt: clock.now() }
      keys.insert(record)
      return { key, record }
    },
    list: () => [
      ...configKeys(config()).map(record => ({ ...record, source: 'config' as const })),
      ...keys.list().map(record => ({ ...record, source: 'store' as const }))
    ].map(({ hash: _, ...rest }) => rest),
    revoke: name => { looked = false; keys.update(stored(name).name, { revokedAt: clock.now() }) },
    rotate (name) {
      looked = false
      const record = stored(name)
      if (record.revokedAt !== undefined) throw new ValidationError(`The key '${name}' is revoked. Create a new one`)
      const { key, hash } = mint()
      keys.update(name, { hash, createdAt: clock.now() })
      return { key, record: { ...record, hash, createdAt: clock.now() } }
    }
  }
}

function mint () {
  const key = PREFIX + randomBytes(32).toString('base64url')
  return { key, hash: hashKey(key) }
}

const configKeys = ({ api }: Config): KeyRecord[] => api.apiKeys.map(({ key, expires, ...grant }) => ({
  ...grant,
  hash: key.startsWith('sha256:') ? key.slice(7).toLowerCase() : hashKey(key),
  createdAt: 0,
  ...(expires !== undefined && { expiresAt: Date.parse(expires) })
}))

function toCaller ({ name, permissions, teams, as, rateLimit }: KeyRecord): Caller {
  return Object.freeze({
    name,
    self: as?.[0] ?? teamNameOf(name),
    permissions: new Set<Permission>(permissions),
    teams: teams === undefined ? null : new Set(teams),
    as: as === undefined ? null : new Set(as),
    ...(rateLimit !== undefined && { rateLimit })
  })
}
