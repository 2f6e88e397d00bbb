import type { Row, Subject } from './measure.ts'

/** The value below which this share of them lies, by the nearest rank. */
export function quantile (values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

export function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** One side over all rounds. */
export function spread (values: readonly number[]) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/** The two sides of each round against each other: a machine that slows down for both does not count. */
export function paired ({ ours, limit }: Pick<Row, 'ours' | 'limit'>, subject: Subject) {
  const compare = { ratio: (a: number, b: number) => a / b, added: (a: number, b: number) => a - b, ours: (a: number) => a }[subject]
  return spread(ours.map((value, n) => compare(value, limit[n]!)))
}

/** Whether the goal is met, by the median; undefined where there is none, or the figures cannot tell. */
export function met (row: Row): boolean | undefined {
  if (row.goal === undefined || row.doubt !== undefined) return undefined
  const value = paired(row, row.goal.of).median
  return 'atLeast' in row.goal ? value >= row.goal.atLeast : value <= row.goal.atMost
}

/** Why these are no figures; undefined where they are. */
export function fault ({ measure, ours, limit }: Row): string | undefined {
  if (ours.length === 0 || ours.length !== limit.length) return `${measure}: a side has no figures`
  const odd = [...ours, ...limit].find(value => !(Number.isFinite(value) && value > 0))
  return odd === undefined ? undefined : `${measure}: a side measured ${odd}`
}
