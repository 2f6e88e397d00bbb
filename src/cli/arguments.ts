import { InvalidArgumentError } from 'commander'
import { milliseconds } from '../config/duration.ts'

/** Readers of option values for commander, which adds the option's name to what they throw. */

export function port (text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
  return Number(text)
}

export function count (text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.')
  return Number(text)
}

/** ms */
export function duration (text: string): number {
  const ms = milliseconds(text)
  if (ms === undefined) throw new InvalidArgumentError('A duration is e.g. 500ms, 30s, 5m, 2h or 1d.')
  return ms
}
