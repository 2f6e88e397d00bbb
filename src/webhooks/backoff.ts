/** ms after the first failure; each further one doubles it, up to a bound. */
const FIRST = 5_000
const LONGEST = 30 * 60_000
/** What another side may ask for at most, ms: no wait is longer. */
export const ASKED = 3_600_000

/**
 * When to try again what has failed so often, Unix ms; null: not any more. The last attempt is at `until`. A span is cut by up to
 * half of it at random, so that what failed together does not come again together.
 */
export function nextTry ({ attempts, now, until, retryAfter = 0, random }: { attempts: number, now: number, until: number, retryAfter?: number, random: () => number }): number | null {
  if (now >= until) return null
  const span = Math.min(FIRST * 2 ** Math.min(attempts - 1, 20), LONGEST) * (1 - random() / 2)
  return Math.round(Math.min(now + Math.max(span, Math.min(retryAfter, ASKED)), until))
}
