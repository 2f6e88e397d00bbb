import { randomUUID } from 'node:crypto'

let last = 0

/** A UUID of version 7 (RFC 9562): 48 bits of Unix ms, then random. Ids of one process never run backwards by more than a ms. */
export function uuid7 (now: number): string {
  last = Math.max(last, now)
  const time = last.toString(16).padStart(12, '0')
  // Node draws the random bits of many in advance.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
