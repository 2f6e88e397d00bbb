import type { Turn } from './circles.ts'
import type { Work } from './run-tell.ts'
import type { SessionRow, TellRow } from './store/store.ts'
import type { Entry, Progress } from './tool.ts'
import { createOnce, type Once } from './until.ts'

/** One tell on its way. Its row in the store is the truth; this is what moves it. */
export interface Running extends Turn, Work {
  readonly session: SessionRow
  /** As it was when it came, and as it is when it has ended. */
  row: TellRow
  readonly watchers: Set<(progress: Progress) => void>
  /** Entries of those who wait for its end, in the audit trail. */
  readonly entries: Set<Entry>
  /** Until it is stored. Rejects where it cannot be: then it never was. */
  storing: Promise<void> | null
  /** The terminal state, or that the server stops before it. */
  readonly done: Once<'ended' | 'stopped'>
}

export function prepare (row: TellRow, session: SessionRow, senders: readonly Turn[] = []): Running {
  const { id, message, rootId, depth, startedAt, attachments, schema } = row
  return { id, session, row, startedAt, message, ...(attachments && { attachments }), ...(schema && { schema }), rootId, depth, senders, inTurn: false, waiters: 0, cancel: new AbortController(), watchers: new Set(), entries: new Set(), storing: null, begun: false, again: startedAt !== null, done: createOnce() }
}
