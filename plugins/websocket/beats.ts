/** One of those that do something again and again. */
export interface Beating { beat (): void }

export interface Beats {
  /** For the first time after as long as it is between two times. */
  add (one: Beating): void
  delete (one: Beating): void
}

/** Lets each of many beat every so many ms, by one timer for all of them: an idle socket with one of its own would be a good part larger. */
export function createBeats (clock: { elapsed (): number, after (ms: number, fn: () => void): () => void }, every: number): Beats {
  /** When each is due. All wait equally long, so they are in that order. */
  const due = new Map<Beating, number>()
  let cancel: (() => void) | undefined

  function look () {
    cancel = undefined
    const now = clock.elapsed()
    try {
      for (const [one, at] of due) {
        if (at > now) break
        due.delete(one)
        due.set(one, now + every)
        one.beat()
      }
    } finally {
      wait()
    }
  }

  function wait () {
    const [next] = due.values()
    if (next !== undefined) cancel ??= clock.after(Math.max(0, next - clock.elapsed()), look)
  }

  return {
    add (one) {
      due.set(one, clock.elapsed() + every)
      wait()
    },
    delete (one) {
      if (!due.delete(one) || due.size > 0) return
      cancel?.()
      cancel = undefined
    }
  }
}
