interface Entry<T> {
  readonly value: T
  readonly owner: string
  /** Unix ms. */
  usedAt: number
  /** Requests of it that are being answered now. */
  active: number
}

export interface SessionsOptions<T> {
  /** Unix ms. */
  now (): number
  /** Called once for each that leaves. */
  end (value: T): void
  max?: number
  /** How long one may go unused, ms. */
  idle?: number
}

/**
 * Sessions by id, each of one owner. Clients rarely end theirs, so there is a bound and an idle time, and the least recently
 * used goes first: the owner's own before others', and none that is being answered.
 */
export function createSessions<T> ({ now, end, max = 512, idle = 30 * 60_000 }: SessionsOptions<T>) {
  /** In order of use, oldest first. */
  const held = new Map<string, Entry<T>>()
  let closing = false

  function remove (id: string): void {
    const entry = held.get(id)
    if (held.delete(id)) end(entry!.value)
  }

  function sweep (): void {
    for (const [id, { active, usedAt }] of held) if (active === 0 && now() - usedAt >= idle) remove(id)
  }

  return {
    get size (): number { return held.size },

    /** Makes room for one more; false where all are in use. */
    makeRoom (owner: string): boolean {
      sweep()
      if (held.size < max) return true
      const unused = [...held].filter(([, entry]) => entry.active === 0)
      const [victim] = unused.find(([, entry]) => entry.owner === owner) ?? unused[0] ?? []
      if (victim !== undefined) remove(victim)
      return victim !== undefined
    },

    add (id: string, owner: string, value: T): void {
      held.set(id, { value, owner, usedAt: now(), active: 0 })
    },

    /** An owner's session, in use until `release` is called; another's is as good as none. */
    take (id: string, owner: string): { value: T, release: () => void } | undefined {
      sweep()
      const entry = held.get(id)
      if (entry === undefined || entry.owner !== owner) return undefined
      held.delete(id)
      held.set(id, entry)
      entry.active++
      return {
        value: entry.value,
        release () {
          entry.active--
          entry.usedAt = now()
          if (closing && entry.active === 0) remove(id)
        }
      }
    },

    remove,

    /** Ends each as soon as it is not in use. */
    close (): void {
      closing = true
      for (const [id, { active }] of held) if (active === 0) remove(id)
    }
  }
}
