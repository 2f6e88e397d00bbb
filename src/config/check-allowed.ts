import { isIP } from 'node:net'
import type { Problem } from './problems.ts'

const HOST = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i

/** What the schema cannot say of `webhooks.allow`: each is an address, a range or a host name. */
export function checkAllowed (allow: readonly string[]): Problem[] {
  return allow.flatMap((one, i) => isAllowable(one) ? [] : [{ path: ['webhooks', 'allow', i], text: `'webhooks.allow.${i}' must be an address, a range such as 10.1.0.0/16, or a host name` }])
}

function isAllowable (text: string): boolean {
  const [address, prefix, ...more] = text.split('/')
  if (prefix === undefined) return isIP(text) !== 0 || (HOST.test(text) && !/^[\d.]+$/.test(text))
  const bits = { 4: 32, 6: 128 }[isIP(address!)]
  return bits !== undefined && more.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
}
