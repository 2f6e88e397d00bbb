import type { Load } from './load.ts'
import type { Row } from './measure.ts'
import { median } from './statistics.ts'

/**
 * The share of its core that each server must have had, for the requests/s to be its own: below it the load, or others on
 * this machine, kept it waiting. And for those per s of its processor time, which bear more: being woken for few requests
 * at a time costs the quick server relatively most, so a small share flatters the slow one.
 */
const SHARE = { rate: 0.9, capacity: 0.6 }

/** What was loaded on one side, a round each. */
export interface Loaded { readonly name: string, readonly loads: readonly Load[] }

/** Requests/s against those of a limit, as they were, and as a core of its own would have borne them where the system tells. */
export function rates (measure: string, ours: Loaded, limit: Loaded, atLeast?: number): Row[] {
  const share = Math.min(...[ours, limit].map(({ loads }) => median(loads.map(load => load.share))))
  const row = (unit: string, what: 'rate' | 'capacity'): Row => ({
    measure,
    unit,
    ours: ours.loads.map(load => load[what]),
    against: limit.name,
    limit: limit.loads.map(load => load[what]),
    ...(share < SHARE[what] && { doubt: `a server had ${share.toFixed(2)} of its core` }),
    ...(atLeast !== undefined && { goal: { of: 'ratio', atLeast } })
  })
  const rate = row('requests/s', 'rate')
  return Number.isNaN(share) ? [rate] : [rate, row('requests per CPU s', 'capacity')]
}
