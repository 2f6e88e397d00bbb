/** Numbers that a seed repeats (mulberry32), and choices made of them. */
export function createRandom (seed: number) {
  let state = seed
  const next = () => {
    state = (state + 0x6D2B79F5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  const pick = <T>(items: readonly T[]) => items[below(items.length)]!
  return { next, below, pick, chance: (p: number) => next() < p }
}
export type Random = ReturnType<typeof createRandom>

const NASTY_TEXTS = ['', ' ', '\0', '\n', '__proto__', 'constructor', 'toString', '../../etc/passwd', '%2e%2e', '%', '%zz', '💥'.repeat(50), '\uD800', 'a'.repeat(70), 'a'.repeat(20_000),
  '{}', '[]', 'null', 'NaN', '1e999', '-1', '0', '"', "'; DROP TABLE tell; --", '$(touch /tmp/pwned)', '${HOME}', '\u202e', 'Infinity', 'true', '/clear', 'STUB', '<script>'] // eslint-disable-line no-template-curly-in-string

/** Any JSON value, preferably a nasty one. */
export function nasty (random: Random, depth = 0): unknown {
  switch (random.below(depth > 3 ? 5 : 8)) {
    case 0: return random.pick(NASTY_TEXTS)
    case 1: return random.pick([0, -1, 1.5, 1e308, -1e308, 2 ** 53, 1e-7, 4294967296])
    case 2: return random.chance(0.5)
    case 3: return null
    case 4: return random.pick(NASTY_TEXTS)
    case 5: return Array.from({ length: random.below(5) }, () => nasty(random, depth + 1))
    case 6: return Object.fromEntries(Array.from({ length: random.below(4) }, () => [random.pick(NASTY_TEXTS), nasty(random, depth + 1)]))
    default: return Object.fromEntries([['toTeam', nasty(random, depth + 1)], ['message', nasty(random, depth + 1)], ['sessionId', nasty(random, depth + 1)], ['__proto__', nasty(random, depth + 1)]].slice(random.below(4)) as [string, unknown][])
  }
}

/** A text that is JSON no more: cut, with bytes changed, or with bytes put in. */
export function broken (random: Random, text: string): Buffer {
  const bytes = Buffer.from(text)
  const at = random.below(bytes.length + 1)
  switch (random.below(4)) {
    case 0: return bytes.subarray(0, at)
    case 1: {
      const copy = Buffer.from(bytes)
      if (copy.length > 0) copy[Math.min(at, copy.length - 1)] = random.below(256)
      return copy
    }
    case 2: return Buffer.concat([bytes.subarray(0, at), Buffer.from(Array.from({ length: random.below(8) }, () => random.below(256))), bytes.subarray(at)])
    default: return Buffer.from('['.repeat(random.below(3000)) + text)
  }
}
