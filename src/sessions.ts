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
  count: Store['sessions']['count']
  update: Store['sessions']['update']
  /** A fresh conversation for the same pair. The old session stays readable. */
  reset (id: string): SessionRow
  /**
   * A conversation of `from` with the same team, which begins with what `source` holds so far: its `own` history, or else what it
   * was forked from. There once `keep` is called, for a pair that has none.
   */
  fork (source: SessionRow, from: string, own: boolean): { session: SessionRow, keep (): void }
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

  function make (from: string, to: string): SessionRow {
    const now = clock.now()
    return {
      id: randomUUID(),
      from,
      to,
      conversation: randomUUID(),
      resumable: false,
      place: null,
      forkedFrom: null,
      forkConversation: null,
      forkPlace: null,
      current: true,
      agentVersion: null,
      costSoFar: 0,
      createdAt: now,
      lastUsedAt: now,
      asleepSince: now,
      asleepReason: 'new'
    }
  }

  function insert (from: string, to: string): SessionRow {
    const row = make(from, to)
    sessions.insert(row)
    return row
  }

  return {
    open: (from, to) => sessions.current(from, to) ?? insert(from, to),
    find: (from, to) => sessions.current(from, to),
    get,
    list: (filter, page) => sessions.list(filter, page),
    count: teams => sessions.count(teams),
    update: (id, fields) => { sessions.update(id, fields) },
    reset: id => store.transaction(() => {
      const { from, to } = get(id)
      sessions.update(id, { current: false })
      return insert(from, to)
    }),
    fork (source, from, own) {
      const session: SessionRow = {
        ...make(from, source.to),
        forkedFrom: source.id,
        // A fork in which nothing was completed has its history where its own source has it.
        forkConversation: own ? source.conversation : source.forkConversation,
        forkPlace: own ? source.place : source.forkPlace,
        costSoFar: source.costSoFar, // the agent's total goes on across a fork
        asleepReason: 'forked'
      }
      return { session, keep () { sessions.insert(session) } }
    },
    remove: id => { store.transaction(() => { sessions.remove(id) }) }
  }
}
