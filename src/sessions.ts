import { randomUUID } from 'node:crypto'
import type { Clock } from './clock.ts'
import { SessionNotFoundError } from './errors.ts'
import type { SessionRow, Store } from './store/store.ts'

/** Which session belongs to an ordered pair. Says nothing of processes: those are the pool's. */
export interface Sessions {
  /** The current session of the pair, made where there is none. */
  open (from: string, to: string): SessionRow
  find (from: string, to: string): SessionRow | undefined
  /** Throws SessionNotFoundError. */
  get (id: string): SessionRow
  list: Store['sessions']['list']
  count (): number
  update: Store['sessions']['update']
  /** A fresh conversation for the same pair. The old session stays readable. */
  reset (id: string): SessionRow
  /** Gone, with its tells and cache. */
  remove (id: string): void
}

export function createSessions ({ store, clock }: { store: Store, clock: Clock }): Sessions {
  const { sessions } = store

  function get (id: string): SessionRow {
    const row = sessions.get(id)
    if (row === undefined) throw new SessionNotFoundError(id)
    return row
  }

  function insert (from: string, to: string): SessionRow {
    const now = clock.now()
    const row: SessionRow = {
      id: randomUUID(),
      from,
      to,
      conversation: randomUUID(),
      resumable: false,
      current: true,
      agentVersion: null,
      costSoFar: 0,
      createdAt: now,
      lastUsedAt: now,
      asleepSince: now,
      asleepReason: 'new'
    }
    sessions.insert(row)
    return row
  }

  return {
    open: (from, to) => sessions.current(from, to) ?? insert(from, to),
    find: (from, to) => sessions.current(from, to),
    get,
    list: (filter, page) => sessions.list(filter, page),
    count: () => sessions.count(),
    update: (id, fields) => { sessions.update(id, fields) },
    reset: id => store.transaction(() => {
      const { from, to } = get(id)
      sessions.update(id, { current: false })
      return insert(from, to)
    }),
    remove: id => { store.transaction(() => { sessions.remove(id) }) }
  }
}
