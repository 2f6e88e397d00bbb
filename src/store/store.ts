import type { ApprovalState, Decision } from '../../schemas/approval.ts'
import type { AttachmentInfo } from '../../schemas/attachment.ts'
import type { ErrorBody } from '../../schemas/error.ts'
import type { Event, EventName } from '../../schemas/event.ts'
import type { KeyRecord } from '../../schemas/key.ts'
import type { CacheEntry } from '../../schemas/message.ts'
import type { TellState, Usage } from '../../schemas/tell.ts'
import type { DeliveryTable, WebhookTable } from './webhook-rows.ts'

export interface SessionRow {
  readonly id: string
  readonly from: string
  readonly to: string
  /** The agent's own id of the conversation. */
  conversation: string
  /** Whether the agent has that conversation on its disk. */
  resumable: boolean
  /** The agent's name of where its last completed turn ended; null while it has said none. */
  place: string | null
  /** The session whose history this one shares; it may be deleted meanwhile. */
  readonly forkedFrom: string | null
  /** The agent's conversation to fork from, and up to which place: for a start without one of its own. */
  readonly forkConversation: string | null
  readonly forkPlace: string | null
  /** false once it was reset. */
  current: boolean
  agentVersion: string | null
  /** The agent's running total, US dollars. */
  costSoFar: number
  readonly createdAt: number
  lastUsedAt: number
  /** Since when and why it sleeps, for the time when no process is alive. */
  asleepSince: number
  asleepReason: string
}

export interface TellRow {
  readonly id: string
  readonly sessionId: string
  readonly from: string
  readonly to: string
  /** The name of the key that sent it. */
  readonly caller: string
  readonly state: TellState
  readonly message: string
  readonly attachments?: readonly AttachmentInfo[]
  /** JSON Schema that the answer is to fit. */
  readonly schema?: Record<string, unknown>
  readonly response: string
  /** The answer in that form. */
  readonly structured?: unknown
  readonly error: ErrorBody | null
  readonly usage: Usage | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** The tell in whose turn this one was sent; null where it came from outside, or where several could be meant. */
  readonly parentId: string | null
  /** The first of the chain: its own id where there is no parent. */
  readonly rootId: string
  /** How many tells are above it. */
  readonly depth: number
}

/** What a call with an idempotency key came to. */
export type Outcome = { result: Record<string, unknown> } | { error: ErrorBody }

export interface IdempotencyRow {
  /** The name of the key it came with. */
  readonly caller: string
  readonly key: string
  readonly tool: string
  /** SHA-256 of the input, hex. */
  readonly inputHash: string
  /** The team it touches; null where there is none. */
  readonly team: string | null
  /** The id of what the call makes. */
  readonly workId: string
  /** null while it runs, and for ever where the server died meanwhile. */
  readonly outcome: Outcome | null
  /** Unix ms. */
  readonly createdAt: number
}

export interface ApprovalRow {
  readonly id: string
  readonly sessionId: string
  readonly team: string
  readonly tellId: string | null
  readonly tool: string
  readonly input: Record<string, unknown>
  readonly description: string | null
  readonly state: ApprovalState
  readonly decision: Decision | null
  /** Who or what decided: see the schema of an approval. */
  readonly by: string | null
  readonly reason: string | null
  /** What of the policy had it asked, or decided it. */
  readonly rule: string | null
  readonly updatedInput: Record<string, unknown> | null
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly decidedAt: number | null
}

/** One deed: names and ids, never what was said. */
export interface AuditRow {
  readonly n: number
  /** When it was called, Unix ms. */
  readonly at: number
  /** The name of the key, or `user:` and a user of this machine; null where nobody known. */
  readonly caller: string | null
  /** By which way it came. */
  readonly via: string
  readonly address: string | null
  readonly tool: string
  readonly team: string | null
  readonly sessionId: string | null
  readonly tellId: string | null
  readonly approvalId: string | null
  readonly keyName: string | null
  readonly decision: string | null
  /** `ok`, or the name of the error. */
  readonly outcome: string
  /** Refusals before this one that have no row, since there were too many. */
  readonly skipped: number
  /** The hash of the row before; empty in the first. */
  readonly previous: string
  readonly hash: string
}

/** One living child of a server: see agent/ledger.ts. */
export interface ChildRow {
  readonly nonce: string
  readonly pid: number
  readonly birth: string
  readonly command: string
  readonly sessionId: string
  /** Unix ms */
  readonly at: number
}

/** Newest first, `limit` at most, from before `cursor` on. */
export interface Page { cursor?: number, limit: number }

/** A row's place in the order of its list. */
export interface Paged<T> { rows: T[], next: number | null }

/** A stored event as it lies there: who may see it is told without reading it. */
export interface EventRow {
  readonly seq: number
  readonly at: number
  readonly event: EventName
  readonly team: string
  readonly sessionId: string
  /** JSON */
  readonly data: string
}

/**
 * How much of the log is kept; 0 is without bound. `bytes` is about what it takes on the disk. The pieces of an answer that is
 * not whole yet neither count nor go: they are dropped with its end.
 */
export interface Bounds { events: number, bytes: number }

export interface CacheStats { entries: number, firstAt: number | null, lastAt: number | null }

/** What survives a restart. All calls are synchronous: one writer, one file. Rows are written as one with what is told of them. */
export interface Store {
  /** All of `work` or nothing. Nested calls join the outer one. */
  transaction<T> (work: () => T): T
  readonly sessions: {
    insert (row: SessionRow): void
    get (id: string): SessionRow | undefined
    current (from: string, to: string): SessionRow | undefined
    list (filter: { to?: string, from?: string, teams?: readonly string[] }, page: Page): Paged<SessionRow>
    /** Of these teams, else of all. */
    count (teams?: readonly string[]): number
    update (id: string, fields: Partial<Omit<SessionRow, 'id' | 'from' | 'to' | 'createdAt' | 'forkedFrom' | 'forkConversation' | 'forkPlace'>>): void
    /** With its tells and its events. */
    remove (id: string): void
  }
  readonly tells: {
    /** `bodies`: the bytes of its attachments, kept until `dropBodies`. */
    insert (row: TellRow, bodies?: readonly Buffer[]): void
    get (id: string): TellRow | undefined
    bodies (id: string): Buffer[]
    dropBodies (id: string): void
    /** Of long messages and responses only the beginning. */
    list (filter: { to?: string, sessionId?: string, state?: TellState, caller?: string, teams?: readonly string[] }, page: Page): Paged<TellRow>
    /** All in this state, oldest first. */
    inState (state: TellState): TellRow[]
    update (id: string, fields: Partial<Pick<TellRow, 'state' | 'response' | 'structured' | 'error' | 'usage' | 'startedAt' | 'endedAt'>>): void
  }
  readonly events: {
    /** Its number, and its data as it is kept: JSON. */
    append (event: Event, at: number): { seq: number, data: string }
    /** The number of the newest event; 0 when there is none. */
    head (): number
    /** After `after`, oldest first, `limit` at most. */
    since (after: number, limit: number): EventRow[]
    /** All up to this number may be missing: they were trimmed. 0 when none was. */
    floor (): number
    /** Of this session (of some session) what is up to this number may be missing. Never below `floor`. */
    holes (sessionId?: string): number
    /** Drops what is older than `before` (Unix ms), and the oldest beyond the bounds; at most `limit` at once. Returns how many. */
    trim (bounds: { before: number } & Bounds, limit: number): number
    /** Drops the oldest of each session that has more than this, at most `limit` in all. Returns how many. */
    trimSessions (bounds: Bounds, limit: number): number
    /** The cache of a session: after `after`, oldest first, `limit` entries and some MiB at most. */
    cache (sessionId: string, after: number, limit: number): { entries: CacheEntry[], more: boolean }
    cacheStats (sessionId: string): CacheStats
    /** Returns how many entries there were. */
    clearCache (sessionId: string): number
    chunks (tellId: string): { offset: number, chunk: string }[]
    /** The pieces of an answer, once the tell holds the whole. */
    dropChunks (tellId: string): void
  }
  readonly keys: {
    /** Throws where the name is taken. */
    insert (record: KeyRecord): void
    list (): KeyRecord[]
    update (name: string, fields: Partial<Pick<KeyRecord, 'hash' | 'revokedAt' | 'createdAt'>>): void
    /** Changes whenever any process changed the keys. */
    version (): number
  }
  readonly approvals: {
    insert (row: ApprovalRow): void
    get (id: string): ApprovalRow | undefined
    list (filter: { team?: string, state?: ApprovalState, teams?: readonly string[] }, page: Page): Paged<ApprovalRow>
    /** All in this state, oldest first. */
    inState (state: ApprovalState): ApprovalRow[]
    update (id: string, fields: Partial<Pick<ApprovalRow, 'state' | 'decision' | 'by' | 'reason' | 'rule' | 'updatedInput' | 'decidedAt'>>): void
  }
  readonly idempotency: {
    /** Without its outcome. Throws where the caller has used the key before. */
    insert (row: IdempotencyRow): void
    get (caller: string, key: string): IdempotencyRow | undefined
    settle (caller: string, key: string, outcome: Outcome): void
    remove (caller: string, key: string): void
    /** Forgets those made at `before` or earlier; returns how many. */
    sweep (before: number): number
  }
  /** Append-only: the store itself refuses to change or delete a row. */
  readonly audit: {
    insert (row: AuditRow): void
    /** The highest number that ever was given, which stays when rows are taken away; and the hash of the last row, empty where there is none. */
    end (): { issued: number, hash: string }
    /** After `after`, oldest first. */
    since (after: number, limit: number): AuditRow[]
    list (page: Page): Paged<AuditRow>
  }
  /** The ledger of living children. */
  readonly children: {
    insert (row: ChildRow): void
    list (): ChildRow[]
    remove (nonce: string): void
  }
  readonly webhooks: WebhookTable
  readonly deliveries: DeliveryTable
  /** 32 random bytes, made when the name is first asked for and the same ever after. */
  secret (name: string): Buffer
  /** Empty when the file is sound. */
  check (): string[]
  close (): void
}
