import { SIZE } from '../../schemas/size.ts'

const UNITS: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

/** `64mb` → 67108864. A bare number is bytes already. undefined where the text is no amount of data. */
export function bytes (amount: string | number): number | undefined {
  if (typeof amount === 'number') return amount
  if (!new RegExp(SIZE).test(amount)) return undefined
  const unit = /[a-z]+$/.exec(amount)?.[0] ?? 'b'
  return Math.round(Number.parseFloat(amount) * UNITS[unit]!)
}
