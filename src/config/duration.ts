import { DURATION } from '../../schemas/duration.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `2m` → 120000. A bare number is ms already. undefined where the text is no duration. */
export function milliseconds (span: string | number): number | undefined {
  if (typeof span === 'number') return span
  if (!new RegExp(DURATION).test(span)) return undefined
  const unit = /[a-z]+$/.exec(span)?.[0] ?? 'ms'
  return Math.round(Number.parseFloat(span) * UNITS[unit]!)
}
