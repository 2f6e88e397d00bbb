import { hash as digest, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Config } from '../schemas/config.ts'
import type { Key, KeyGrant, KeyRecord, Permission } from '../schemas/key.ts'
import type { Clock } from './clock.ts'
import { namesake, teamNameOf } from './config/team-name.ts'
import { ForbiddenError, NotFoundError, ValidationError } from './errors.ts'
import { beyondReach, beyondRights, inherit } from './key-bounds.ts'
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
  /**
   * The key itself is returned this once. `by`: who asks, and gets nothing that is more than its own key; without, it is the user
   * of this machine. Throws ValidationError where the name is taken, or speaks as another key does, and ForbiddenError.
   */
  create (grant: KeyGrant, by?: Caller): { key: string, record: KeyRecord }
  /** Those in the store and those in config.yaml, as far as the caller reaches what they reach. */
  list (by?: Caller): KeyView[]
  /** Takes effect with the next request, also of a running server. Throws NotFoundError, ValidationError and ForbiddenError. */
  revoke (name: string, by?: Caller): void
  /** A new key in the place of the old one, with the same grants. Throws as `revoke` does. */
  rotate (name: string, by?: Caller): { key: string, record: KeyRecord }
}

interface Known { readonly record: KeyRecord, readonly caller: Caller }

export type KeyView = Omit<Key, 'keyName' | 'own'> & { name: string }

/** The key that the command line of this machine uses, which lies in a file. */
export interface LocalKey { read (): string | null, write (key: string): void }

const PREFIX = 'iris_sk_'

/** Names of callers that begin so are those of agents, never of keys. */
export const AGENT_NAMES = 'agent:'

/** Who calls where no key is asked for: everybody on this machine. */
export const ANONYMOUS: Caller = Object.freeze({ name: 'local', self: 'local', permissions: new Set(['admin'] as const), teams: null, as: null })

export const hashKey = (token: string) => digest('sha256', token)

export function createKeys ({ store: { keys }, clock, config, local }: { store: Pick<Store, 'keys'>, clock: Clock, config: () => Config, local?: LocalKey }): Keys {
  let known = new Map<string, Known>()
  /** Of `known`, by the keys themselves, for those that were seen: to hash each time costs more than the rest of who asks. */
  let met = new Map<string, Known>()
  let seen: { version: number, config: Config } | null = null
  let looked = false
  /** By hash, like the others, so that how long a look takes says nothing of a key. */
  const lent = new Map<string, () => Caller>()
  const lastUsed = new Map<string, number>()

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

  function stored (name: string, by: Caller | undefined, beyond: typeof beyondReach): KeyRecord {
    const record = keys.list().find(one => one.name === name)
    if (record === undefined && configKeys(config()).some(one => one.name === name)) throw new ValidationError(`The key '${name}' is in config.yaml: change it there`, { details: { keyName: name } })
    if (record === undefined) throw new NotFoundError(`No key is named '${name}'. key_list shows them, and iris key list`)
    const why = by && beyond(record, by)
    if (why !== undefined) throw new ForbiddenError(why, { details: { keyName: name } })
    return record
  }

  const stateOf = ({ revokedAt, expiresAt }: KeyRecord): Key['state'] => revokedAt !== undefined ? 'revoked' : expiresAt !== undefined && expiresAt <= clock.now() ? 'expired' : 'valid'
  const inForce = (record: KeyRecord) => stateOf(record) === 'valid'
  const localHash = () => {
    const key = local?.read() ?? null
    return key === null ? undefined : hashKey(key)
  }

  /** Whether nobody could manage keys from elsewhere any more without this one. */
  function isLast ({ name }: KeyRecord): boolean {
    const leads = (one: KeyRecord) => inForce(one) && one.permissions.includes('admin') && one.teams === undefined
    const all = [...keys.list(), ...configKeys(config())].filter(leads)
    return config().api.requireAuth && all.length === 1 && all[0]!.name === name
  }

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
      if (!inForce(found.record)) return null
      lastUsed.set(found.record.name, clock.now())
      return found.caller
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
    create (wanted, by) {
      looked = false
      const grant = by === undefined ? wanted : inherit(wanted, by)
      const why = by && beyondRights(grant, by)
      if (why !== undefined) throw new ForbiddenError(why)
      // A path cannot hold them, a line of a log ends at them, and a key is no name.
      if (/^\.{1,2}$|^iris_sk_|\p{Cc}/u.test(grant.name)) throw new ValidationError(`A key's name has no control characters, is not '.' or '..', and does not begin with '${PREFIX}'`)
      if (by !== undefined && grant.expiresAt !== undefined && grant.expiresAt <= clock.now()) throw new ValidationError('This key would be over already: expiresAt is in the past')
      if (grant.name.startsWith(AGENT_NAMES)) throw new ValidationError(`Names that begin with '${AGENT_NAMES}' are those of agents. Choose another name`)
      const all = [...keys.list(), ...configKeys(config())]
      const taken = all.find(({ name }) => name === grant.name)
      if (taken !== undefined) throw new ValidationError(`A key is named '${grant.name}' already${taken.revokedAt === undefined ? '. Choose another name, or rotate it' : ', which is revoked. Choose another name'}`, { details: { keyName: grant.name } })
      const twin = namesake(grant, all)
      if (twin !== undefined) throw new ValidationError(`The key '${grant.name}' would speak as '${teamNameOf(grant.name)}', as '${twin.name}' does, and share its conversations. Choose another name, or say whom it speaks as (as; iris key create --as)`)
      const { key, hash } = mint()
      const record = { ...grant, hash, createdAt: clock.now() }
      keys.insert(record)
      return { key, record }
    },
    list (by) {
      const mine = localHash()
      const view = (source: Key['source']) => (record: KeyRecord): KeyView => {
        const { hash, createdAt, ...rest } = record
        const lastUsedAt = lastUsed.get(rest.name)
        return { ...rest, state: stateOf(record), source, ...(source === 'store' && { createdAt }), ...(lastUsedAt !== undefined && { lastUsedAt }), local: hash === mine }
      }
      const all = [...configKeys(config()).map(view('config')), ...keys.list().map(view('store'))]
      return by === undefined ? all : all.filter(key => beyondReach(key, by) === undefined)
    },
    revoke (name, by) {
      looked = false
      const record = stored(name, by, beyondReach)
      if (record.revokedAt !== undefined) return
      if (by !== undefined && isLast(record)) throw new ValidationError(`The key '${name}' is the last with which others can be managed. Create another one first, or revoke it on the machine of the server: iris key revoke`, { details: { keyName: name } })
      keys.update(name, { revokedAt: clock.now() })
    },
    rotate (name, by) {
      looked = false
      const record = stored(name, by, beyondRights)
      if (record.revokedAt !== undefined) throw new ValidationError(`The key '${name}' is revoked. Create a new one`, { details: { keyName: name } })
      const { key, hash } = mint()
      // First what may fail: the command line goes on with the new one.
      if (localHash() === record.hash) local!.write(key)
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

function toCaller ({ name, permissions, teams, as, rateLimit, expiresAt }: KeyRecord): Caller {
  return Object.freeze({
    name,
    self: as?.[0] ?? teamNameOf(name),
    permissions: new Set<Permission>(permissions),
    teams: teams === undefined ? null : new Set(teams),
    as: as === undefined ? null : new Set(as),
    ...(rateLimit !== undefined && { rateLimit }),
    ...(expiresAt !== undefined && { expiresAt })
  })
}
