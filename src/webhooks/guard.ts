import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { ValidationError } from '../errors.ts'

export interface Resolved { address: string, family: number }

/** All addresses of a host name. */
export type Resolve = (host: string) => Promise<Resolved[]>

/** Where requests made on somebody's behalf may go. */
export interface Guard {
  /** What can be seen without asking anybody. Throws ValidationError. */
  check (url: string): void
  /** For a socket that connects: it is given only addresses that have passed, so what was checked is what is connected to. */
  readonly lookup: LookupFunction
}

/** Public by their range, and yet no place of the public: the services that clouds have for their own machines. */
const CLOUD = new Set(['168.63.129.16'])

/** All IPv6 addresses that are given to the public; `::127.0.0.1` and its like lie outside. */
const GLOBAL = ipaddr.parseCIDR('2000::/3')

/**
 * Refuses loopback, private, link-local, shared and reserved addresses, however they are written, and the ranges that stand for
 * an IPv4 address inside of an IPv6 one. `allow` lists addresses, ranges and host names that are let through all the same.
 */
export function createGuard ({ allow, resolve = host => lookup(host, { all: true, verbatim: true }) }: { allow: () => readonly string[], resolve?: Resolve | undefined }): Guard {
  function passes (host: string, address: string): boolean {
    if (allow().some(one => one.toLowerCase() === host)) return true
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    if (allow().some(one => isIn(parsed, one))) return true
    return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL)) && !CLOUD.has(parsed.toString())
  }

  function check (url: string): void {
    const { protocol, username, password, hostname } = parse(url)
    if (protocol !== 'http:' && protocol !== 'https:') throw new ValidationError("'url' must be an http or https address")
    if (username !== '' || password !== '') throw new ValidationError("'url' must not hold a user name or password")
    const host = bare(hostname)
    if (isIP(host) !== 0 && !passes(host, host)) throw new ValidationError(`'url' is refused: ${refusal(host, [host])}`)
  }

  return {
    check,
    lookup (hostname, { all, family }, callback) {
      const host = bare(hostname)
      resolve(host).then(found => {
        const wanted = found.filter(one => family === undefined || family === 0 || family === one.family || family === `IPv${one.family}`)
        const passed = wanted.filter(({ address }) => passes(host, address))
        const [first] = passed
        if (first === undefined) callback(new Error(refusal(host, wanted.map(({ address }) => address))), [])
        else if (all === true) callback(null, passed)
        else callback(null, first.address, first.family)
      }).catch((err: unknown) => { callback(err as Error, []) })
    }
  }
}

function parse (url: string): URL {
  try {
    return new URL(url)
  } catch {
    throw new ValidationError("'url' is no valid address")
  }
}

/** As it is resolved: an IPv6 address without its brackets, a name without the dot at its end. */
const bare = (hostname: string) => hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')

const refusal = (host: string, addresses: readonly string[]) => addresses.length === 0
  ? `${host} has no address`
  : `${host}${addresses[0] === host ? '' : ` (${addresses.slice(0, 3).join(', ')})`} is no public address. Where it is meant, webhooks.allow in config.yaml lists it`

function isIn (address: ipaddr.IPv4 | ipaddr.IPv6, entry: string): boolean {
  const [base, prefix] = entry.split('/')
  if (isIP(base!) === 0) return false
  const range = ipaddr.process(base!)
  if (range.kind() !== address.kind()) return false
  return address.match(range, prefix === undefined ? range.kind() === 'ipv4' ? 32 : 128 : Number(prefix))
}
