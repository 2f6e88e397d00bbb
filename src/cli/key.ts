import { userInfo } from 'node:os'
import type { Config } from '../../schemas/config.ts'
import type { KeyGrant, Permission } from '../../schemas/key.ts'
import { createAudit, outcomeOf } from '../audit.ts'
import { loadConfig, milliseconds } from '../config.ts'
import { createKeys, type Keys } from '../keys.ts'
import { localKeyOf } from '../server-file.ts'
import { openOwnStore } from './own-store.ts'
import { table } from './table.ts'
import { CliError, loadOptions, print, printJson, type Flags, type World } from './world.ts'

interface Grants { permission: Permission[], team?: string[], as?: string[], rate?: number, expires?: string }

/** `iris key create <name>`. The key goes to stdout, alone; what is said about it to stderr. */
export function create (world: World, flags: Flags & Grants, name: string): void {
  const { permission, team, as, rate, expires } = flags
  const grant: KeyGrant = {
    name,
    permissions: [...new Set(permission)],
    ...(team && { teams: team }),
    ...(as && { as }),
    ...(rate !== undefined && { rateLimit: rate }),
    ...(expires !== undefined && { expiresAt: expiry(expires, world.clock.now()) })
  }
  withKeys(world, flags, (keys, config, noted) => {
    for (const one of team ?? []) if (!config.teams.has(one)) world.stderr.write(`No team is named '${one}' yet\n`)
    show(world, flags, name, noted('key_create', name, () => keys.create(grant)).key)
  })
}

/** `iris key rotate <name>` */
export function rotate (world: World, flags: Flags, name: string): void {
  withKeys(world, flags, (keys, _, noted) => { show(world, flags, name, noted('key_rotate', name, () => keys.rotate(name)).key) })
}

/** `iris key revoke <name>` */
export function revoke (world: World, flags: Flags, name: string): void {
  withKeys(world, flags, (keys, _, noted) => {
    noted('key_revoke', name, () => { keys.revoke(name) })
    if (flags.json) printJson(world, { name, revoked: true })
    else print(world, `Revoked '${name}'`)
  })
}

/** `iris key list` */
export function list (world: World, flags: Flags): void {
  withKeys(world, flags, keys => {
    const all = keys.list()
    if (flags.json) return printJson(world, { keys: all })
    const day = (at: number) => new Date(at).toISOString().slice(0, 10)
    print(world, table(['NAME', 'STATE', 'PERMISSIONS', 'TEAMS', 'AS', 'EXPIRES', 'FROM'], all.map(key => [
      key.name,
      key.state,
      key.permissions.join(','),
      key.teams?.join(',') ?? 'all',
      key.as?.join(',') ?? 'any',
      key.expiresAt === undefined ? 'never' : day(key.expiresAt),
      key.source === 'config' ? 'config.yaml' : 'iris key'
    ])))
  })
}

/** Makes a change to a key, and records it. */
type Noted = <T>(tool: 'key_create' | 'key_rotate' | 'key_revoke', name: string, change: () => T) => T

/** Works on the store itself, whether a server runs or not: a running one takes notice with the next request. */
function withKeys (world: World, flags: Flags, work: (keys: Keys, config: Config, noted: Noted) => void): void {
  const config = loadConfig(loadOptions(world, flags))
  const store = openOwnStore(config.home)
  try {
    const keys = createKeys({ store, clock: world.clock, config: () => config, local: localKeyOf(config.home) })
    const audit = createAudit({ store, clock: world.clock, onError: err => { world.stderr.write(`The audit trail cannot be written: ${(err as Error).message}\n`) } })
    work(keys, config, (tool, name, change) => {
      const deed = (outcome: string) => {
        // What is no key's name may be the key itself, by a slip of the hand.
        const keyName = keys.list().some(key => key.name === name) ? name : null
        void audit.record({ caller: user(), via: 'cli', tool, keyName, outcome })
      }
      try {
        const made = change()
        deed('ok')
        return made
      } catch (err) {
        deed(outcomeOf(err))
        throw err
      }
    })
  } finally {
    store.close()
  }
}

/** Who runs this command, as the system knows it. */
function user (): string {
  try {
    return `user:${userInfo().username}`
  } catch {
    return `user:${process.getuid?.() ?? 'unknown'}` // one without an entry among the users
  }
}

function show (world: World, flags: Flags, name: string, key: string): void {
  if (flags.json) return printJson(world, { name, key })
  world.stderr.write(`The key of '${name}'. It is shown this once; only its hash is kept.\n`)
  print(world, key)
}

/** `30d` from now, or a date. */
function expiry (text: string, now: number): number {
  const ms = /^\d+$/.test(text) ? undefined : milliseconds(text)
  const at = ms === undefined ? dateOf(text) : now + ms
  if (Number.isNaN(at)) throw new CliError(`'${text}' is no expiry; expected e.g. 30d, or a date such as 2027-12-31`, { code: 2 })
  if (at <= now) throw new CliError(`'${text}' is over already`, { code: 2 })
  return at
}

/** NaN where it is none: of a day that its month does not have, `Date.parse` makes one of the next month. */
function dateOf (text: string): number {
  const day = /^\d{4}-\d\d-\d\d/.exec(text)?.[0]
  const there = day !== undefined && Date.parse(day) >= 0 && new Date(Date.parse(day)).toISOString().startsWith(day)
  return there ? Date.parse(text) : Number.NaN
}
