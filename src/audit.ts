import { hash } from 'node:crypto'
import { ApprovalId, Decision } from '../schemas/approval.ts'
import { SessionId } from '../schemas/session.ts'
import { TeamName } from '../schemas/team.ts'
import { TellId } from '../schemas/tell.ts'
import type { Clock } from './clock.ts'
import { IrisError } from './errors.ts'
import type { AuditRow, Store } from './store/store.ts'

/** Who did what, from where, and what it came to. What is not said is not known, or there is none. */
export type Deed = Pick<AuditRow, 'caller' | 'via' | 'tool' | 'outcome'> & Partial<Omit<AuditRow, 'n' | 'previous' | 'hash'>>

/** What walking the chain found. `broken` is the first row that does not follow from the one before. */
export interface Verdict {
  rows: number
  /** The hash of the last row that holds. Kept elsewhere, it shows later that no row up to it was cut off. */
  head: string
  broken?: { n: number, why: string }
}

export interface Audit {
  /** Resolves when it is written. Never throws: a trail that cannot be written is a fault of ours, not of the work. */
  record (deed: Deed): Promise<void>
  /** The same as part of the transaction that is on. */
  add (deed: Deed): void
  /** A refusal of somebody unknown: at most so many a minute have a row, and the next row says how many had none. */
  refuse (deed: Deed): void
  list (page: { limit: number, cursor?: number }): { rows: AuditRow[], next: number | null }
  /** `kept`: a head that was noted before; it must be found. */
  verify (kept?: string): Verdict
}

/** What is hashed, in this order. */
const FIELDS = ['n', 'at', 'caller', 'via', 'address', 'tool', 'team', 'sessionId', 'tellId', 'approvalId', 'keyName', 'decision', 'outcome', 'skipped', 'previous'] as const
const NOTHING = { address: null, team: null, sessionId: null, tellId: null, approvalId: null, keyName: null, decision: null, skipped: 0 }
/** Rows read at once. */
const PAGE = 1_000
/** Refusals of unknown callers that get a row in each window, ms. */
const MOST = 60
const WINDOW = 60_000

const hashOf = (row: Omit<AuditRow, 'hash'>) => hash('sha256', JSON.stringify(row, FIELDS as unknown as string[]))

export function createAudit ({ store, clock, join, onError }: {
  store: Pick<Store, 'transaction' | 'audit'>
  clock: Pick<Clock, 'now'>
  /** Writes it together with what else is written soon; without it, it is written at once. */
  join?: (write: () => void) => Promise<unknown>
  onError: (err: unknown) => void
}): Audit {
  const { audit: rows } = store
  let window = { start: -Infinity, count: 0 }
  let skipped = 0

  function write (deed: Deed): void {
    const { issued, hash: previous } = rows.end()
    const row = { ...NOTHING, at: clock.now(), ...deed, n: issued + 1, previous }
    rows.insert({ ...row, hash: hashOf(row) })
  }

  async function record (deed: Deed): Promise<void> {
    try {
      if (join === undefined) store.transaction(() => { write(deed) })
      else await join(() => { write(deed) })
    } catch (err) {
      onError(err)
    }
  }

  return {
    record,
    add (deed) {
      try { write(deed) } catch (err) { onError(err) }
    },
    refuse (deed) {
      const now = clock.now()
      if (now - window.start >= WINDOW) window = { start: now, count: 0 }
      if (window.count++ >= MOST) skipped++
      else {
        void record({ ...deed, skipped })
        skipped = 0
      }
    },
    list: page => rows.list(page),
    verify (kept) {
      let head = ''
      let n = 0
      let found = kept === undefined
      const broken = (at: number, why: string): Verdict => ({ rows: n, head, broken: { n: at, why } })
      for (let page = rows.since(0, PAGE); page.length > 0; page = rows.since(n, PAGE)) {
        for (const row of page) {
          if (row.n !== n + 1) return broken(n + 1, row.n === n + 2 ? 'is missing' : `up to ${row.n - 1} are missing`)
          if (row.previous !== head) return broken(row.n, 'does not follow from the row before it')
          if (row.hash !== hashOf(row)) return broken(row.n, 'was changed')
          head = row.hash
          found ||= head === kept
          n++
        }
      }
      const { issued } = rows.end()
      if (n < issued) return broken(n + 1, `up to ${issued} are missing at the end`)
      return found ? { rows: n, head } : broken(n + 1, 'the head that was kept is nowhere in the trail: its end was cut off, or it was written anew')
    }
  }
}

/**
 * The names and ids in what a tool was given and answered, or says in its error. Nothing else of them, and only what is shaped as one.
 * A key's name is taken from what was answered alone: what was given as one may be the key itself, by a slip of the hand.
 */
export function targets (given: unknown, ...told: unknown[]): Partial<AuditRow> {
  const found: Record<string, string> = {}
  for (const source of told) if (typeof source === 'object' && source !== null && Object.hasOwn(source, 'keyName')) found.keyName ??= String((source as { keyName: unknown }).keyName)
  for (const source of [given, ...told]) {
    if (typeof source !== 'object' || source === null) continue
    for (const [field, column, shape] of TARGETS) {
      const value = Object.hasOwn(source, field) ? (source as Record<string, unknown>)[field] : undefined
      if (typeof value === 'string' && shape.test(value)) found[column] ??= value
    }
  }
  return found
}

const shape = ({ pattern }: { pattern?: string }) => new RegExp(pattern!)
const TARGETS: readonly [field: string, column: keyof AuditRow, shape: RegExp][] = [
  ['teamName', 'team', shape(TeamName)],
  ['toTeam', 'team', shape(TeamName)],
  ['sessionId', 'sessionId', shape(SessionId)],
  ['tellId', 'tellId', shape(TellId)],
  ['approvalId', 'approvalId', shape(ApprovalId)],
  ['decision', 'decision', new RegExp(`^(${(Decision as unknown as { enum: string[] }).enum.join('|')})$`)]
]

/** What an error is called in the trail. */
export const outcomeOf = (err: unknown) => err instanceof IrisError ? err.name : 'InternalError'
