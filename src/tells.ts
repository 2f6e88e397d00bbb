import type { StoredEvent } from '../schemas/event.ts'
import type { Attachments } from '../schemas/attachment.ts'
import { TERMINAL, type Tell } from '../schemas/tell.ts'
import type { Chunk } from './answer.ts'
import { checkSchema, readAttachments, sameParts } from './attachments.ts'
import { depthBelow, refuseCircle, sendersOf } from './circles.ts'
import type { Clock } from './clock.ts'
import { AgentError, IdempotencyMismatchError, IrisError, PoolFullError, QueueFullError, TellCancelledError, TellNotFoundError } from './errors.ts'
import type { Hold } from './holds.ts'
import type { Log } from './log.ts'
import type { Pool } from './pool.ts'
import { createLines } from './queue.ts'
import type { createRecovery } from './recovery.ts'
import { createRun, type Opening } from './run-tell.ts'
import { prepare, type Running } from './running.ts'
import type { Sessions } from './sessions.ts'
import type { Store, TellRow } from './store/store.ts'
import { endOf, type End } from './tell-end.ts'
import { viewTell } from './tell-view.ts'
import type { Entry, Progress } from './tool.ts'
import { until } from './until.ts'
import { uuid7 } from './uuid7.ts'

/** A tell, and the name of the key that sent it. */
type Seen = Tell & { caller: string }

/** Why a tell that waits for a place does not get one: it stays in the queue. */
const STOPPING = new Error('The server is stopping')

export interface Tells {
  /**
   * Accept a tell: once this resolves it is stored, and ends in exactly one terminal state. It has its place from the call on. A `tellId` seen before, with the same input,
   * is the same tell. Where `waits` is said, a circle of teams that wait for each other is refused. `session`: whose agent sends it.
   * Throws QueueFullError, IdempotencyMismatchError, DeadlockError, ValidationError.
   */
  start (tell: { from: string, to: string, message: string, caller: string, tellId?: string, waits?: boolean, session?: string, attachments?: Attachments, schema?: Record<string, unknown> }, watch?: (progress: Progress) => void): Promise<Tell>
  /** Whether there is one, over or not. */
  has (id: string): boolean
  /** Throws TellNotFoundError. */
  get (id: string): Seen
  list (...args: Parameters<Store['tells']['list']>): { rows: Tell[], next: number | null }
  /** Resolves to the tell at its end, or after `ms`, or when `signal` aborts, or when the server stops. 0 ms waits for ever. `asSender`: who sent it waits; `entry`: is written with its end, where the wait lasts until then. */
  wait (id: string, ms: number, signal: AbortSignal, asSender?: boolean, entry?: Entry): Promise<{ how: 'ended' | 'time' | 'aborted' | 'stopped', tell: Seen }>
  /** Resolves when the tell has ended. False where it had ended before. */
  cancel (id: string, reason: string): Promise<boolean>
  /** All of a session, queued and running. */
  cancelAll (sessionId: string, reason: string): Promise<void>
  /** How many of a session run or wait. */
  load (sessionId: string): number
  /** Of these teams, else of all. */
  count (teams?: ReadonlySet<string> | null): { running: number, queued: number }
  /** Why the tells of a team wait, where its model service takes no more for now. */
  hold (team: string): Hold | undefined
  /**
   * After a start: those that are not over have their places again. What is returned lets them go on: running ones end as the agent's
   * record says, queued ones run. Resolves when all that ran have ended.
   */
  recover (): () => Promise<void>
  /** No new ones; resolves when the running ones have ended, by themselves within `ms`, or cancelled. Queued ones stay queued, and waits for them end. */
  drain (ms: number): Promise<void>
}

export function createTells ({ store, sessions, pool, log, clock, lookBack, limits, onError }: {
  store: Store
  sessions: Sessions
  pool: Pool
  log: Log
  clock: Clock
  lookBack: ReturnType<typeof createRecovery>
  limits: () => { maxQueued: number, maxDepth: number, responseTimeout: number, toolTimeout: number, limitWait: number, spawnTimeout: number, chunkInterval: number, chunkSize: number }
  /** Hears what should never happen, e.g. a full disk. */
  onError: (err: unknown) => void
}): Tells {
  const open = new Map<string, Running>()
  const lines = createLines<Running>({ go: running => { void go(running) }, stopped: () => draining || starting })
  const { open: openTurn, close: closeTurn, run, hold } = createRun<Running>({ store, sessions, pool, log, clock, limits, onChunk: show })
  let starting = false
  let draining = false

  /**
   * It has its place in the line at once. It is stored together with what else comes in this turn of the event loop, and begins
   * after that, so that nothing runs that was refused.
   */
  function accept (running: Running, { ahead, bodies, opening }: { ahead: number, bodies: readonly Buffer[], opening: Opening | undefined }): Promise<void> {
    const { id, session, row: { from } } = running
    open.set(id, running)
    lines.enter(running, opening !== undefined)
    const event = { event: 'tell:started', data: { tellId: id, sessionId: session.id, team: session.to, from, ahead } } as const
    let begins = opening
    return running.storing = new Promise((resolve, reject) => {
      log.join({
        write () {
          // An agent that has died meanwhile is told nothing: the tell gets another one.
          if (begins?.living.state === 'asleep') begins = undefined
          store.tells.insert(begins === undefined ? running.row : { ...running.row, state: 'running', startedAt: begins.at }, bodies)
          if (begins === undefined) return [event]
          sessions.update(session.id, { lastUsedAt: begins.at })
          return [event, begins.event]
        },
        then ([started]) {
          running.storing = null
          resolve()
          if (begins !== opening) closeTurn(running, opening!)
          try {
            watched(running, event, started!)
          } finally {
            if (opening === undefined) lines.advance(session.id)
            else void go(running, begins)
          }
        },
        failed (err) {
          reject(err as Error)
          open.delete(id)
          if (opening !== undefined) closeTurn(running, opening)
          if (lines.leave(running)) lines.advance(session.id)
          else lines.end(running)
        }
      })
    })
  }

  /** Tell whoever watches this tell. */
  function watched (running: Running, event: Progress, { seq }: StoredEvent) {
    for (const watcher of running.watchers) watcher({ event: event.event, data: event.data, seq } as Progress)
  }

  /** Field by field: of all that is told there is most of this, and a copy by spread takes several times as long. */
  function show (running: Running, { offset, chunk }: Chunk) {
    const event = { event: 'tell:chunk', data: { tellId: running.id, sessionId: running.session.id, team: running.session.to, offset, chunk } } as const
    log.note(event, stored => { watched(running, event, stored) })
  }

  /** The one way into a terminal state. Where the store fails the end is not lost: it is stored when it can be. `over`: the next one may begin. */
  function finish (running: Running, end: End, over = () => {}, retries = 0) {
    const { row } = running
    const { ended, event } = endOf(row, end, clock.now())
    const known = end.known ?? running.begun
    // With all else that comes in this turn of the event loop: where many end at once, they end in one transaction.
    log.join({
      write () {
        store.tells.update(running.id, ended)
        store.events.dropChunks(running.id)
        if (running.attachments) store.tells.dropBodies(running.id)
        // The conversation is on the agent's disk from its first words on; whether it really is, the next start finds out.
        if (known) sessions.update(running.session.id, { resumable: true, ...(end.costTotal !== undefined && { costSoFar: end.costTotal }), ...(end.place !== undefined && { place: end.place }) })
        for (const entry of running.entries) entry.write(ended.error?.error ?? 'ok', event.data)
        return [event]
      },
      then ([stored]) {
        running.row = { ...row, startedAt: running.startedAt, ...ended }
        open.delete(running.id)
        for (const entry of running.entries) entry.kept()
        running.done.come('ended')
        try { watched(running, event, stored!) } finally { over() }
      },
      failed (err) {
        onError(err)
        clock.after(Math.min(30_000, 250 * 2 ** retries), () => { finish(running, end, undefined, retries + 1) })
        if (draining) running.done.come('stopped') // the next start finds out
        over()
      }
    })
  }

  async function go (next: Running, opening?: Opening): Promise<void> {
    const over = () => { lines.end(next) }
    try {
      finish(next, next.begun ? await lookBack(get(next.id), next.session, chunk => { show(next, chunk) }) : await run(next, opening), over)
    } catch (err) {
      if (err === STOPPING) return over()
      if (!(err instanceof IrisError)) onError(err)
      const error = err instanceof IrisError ? err : new AgentError('The tell could not be run', { cause: err })
      finish(next, { state: error instanceof TellCancelledError ? 'cancelled' : 'failed', response: '', error }, over)
    }
  }

  function get (id: string): TellRow {
    const row = store.tells.get(id)
    if (row === undefined) throw new TellNotFoundError(id)
    return row
  }

  const awaitEnd = ({ done }: Running) => until(done, { clock })
  const seen = (row: TellRow): Seen => ({ ...viewTell(row, store), caller: row.caller })

  async function cancel (id: string, reason: string): Promise<boolean> {
    const running = open.get(id)
    if (running === undefined) return false
    if (running.storing !== null) log.flush()
    if (running.storing !== null) return false
    const error = new TellCancelledError(reason)
    if (!running.begun && lines.leave(running)) finish(running, { state: 'cancelled', response: '', error })
    else running.cancel.abort(error)
    await awaitEnd(running)
    return true
  }

  return {
    async start ({ from, to, message, caller, tellId, waits = false, session: own, attachments: files, schema }, watch) {
      if (draining) throw new PoolFullError('The server is stopping', { details: { retryAfter: 5 } })
      if (schema !== undefined) checkSchema(schema)
      const { infos, bodies } = readAttachments(files)
      const parts = { ...(infos.length > 0 && { attachments: infos }), ...(schema && { schema }) }
      const before = tellId === undefined ? undefined : open.get(tellId)?.row ?? store.tells.get(tellId)
      if (before !== undefined) {
        if (before.caller !== caller || before.from !== from || before.to !== to || before.message !== message || !sameParts(before, parts)) throw new IdempotencyMismatchError(`tell id '${before.id}'`)
        const coming = open.get(before.id)
        if (watch !== undefined) coming?.watchers.add(watch)
        await coming?.storing
        return viewTell(get(before.id), store)
      }
      const senders = sendersOf(from, open, own)
      const depth = depthBelow(senders, limits().maxDepth)
      if (waits) refuseCircle(senders, to)
      const id = tellId ?? uuid7(clock.now())
      const parent = senders.length === 1 ? senders[0] : undefined
      const session = sessions.open(from, to)
      const ahead = lines.load(session.id)
      if (ahead > limits().maxQueued) {
        throw new QueueFullError(`${limits().maxQueued} tells wait for '${to}' already (settings.maxQueued). Try again later`, { details: { retryAfter: 5 } })
      }
      const row: TellRow = {
        id, sessionId: session.id, from, to, caller, state: 'queued', message, ...parts, response: '', error: null, usage: null, createdAt: clock.now(), startedAt: null, endedAt: null, parentId: parent?.id ?? null, rootId: parent?.rootId ?? id, depth
      }
      const running = prepare(row, session, senders)
      if (watch !== undefined) running.watchers.add(watch)
      const opening = ahead === 0 ? openTurn(running) : undefined
      if (waits) running.waiters++ // its sender, who comes to `wait` next
      try { await accept(running, { ahead, bodies, opening }) } finally { if (waits) running.waiters-- }
      return viewTell(row, store)
    },
    has: id => open.has(id) || store.tells.get(id) !== undefined,
    get: id => seen(get(id)),
    list: (filter, page) => { const { rows, next } = store.tells.list(filter, page); return { rows: rows.map(row => viewTell(row, store)), next } },
    async wait (id, ms, signal, asSender = false, entry) {
      const running = open.get(id)
      if (running === undefined) return { how: 'ended', tell: seen(get(id)) }
      if (asSender) running.waiters++
      if (entry !== undefined) running.entries.add(entry)
      const how = await until(running.done, { ms, signal, clock })
      if (asSender) running.waiters--
      if (entry !== undefined) running.entries.delete(entry)
      return { how, tell: seen(how === 'ended' ? running.row : get(id)) }
    },
    hold,
    cancel,
    async cancelAll (sessionId, reason) {
      await Promise.all(lines.of(sessionId).map(({ id }) => cancel(id, reason)))
    },
    load: lines.load,
    count (teams = null) {
      const counted = [...open.values()].filter(({ session }) => teams === null || teams.has(session.to))
      const running = counted.filter(({ begun }) => begun).length
      return { running, queued: counted.length - running }
    },
    recover () {
      const [ran, waited] = (['running', 'queued'] as const).map(state => store.tells.inState(state).map(row => prepare(row, sessions.get(row.sessionId))))
      for (const running of ran!) running.begun = true
      for (const running of [...ran!, ...waited!]) {
        open.set(running.id, running)
        lines.enter(running)
      }
      starting = true
      return async () => {
        starting = false
        for (const { session } of open.values()) lines.advance(session.id)
        await Promise.all(ran!.map(awaitEnd))
      }
    },
    async drain (ms) {
      log.flush() // what has been accepted begins
      draining = true
      for (const { begun, cancel } of lines.running()) if (!begun) cancel.abort(STOPPING)
      const running = lines.running().filter(({ begun }) => begun)
      const cancelTimer = clock.after(ms, () => { for (const { id } of running) void cancel(id, 'the server stopped') })
      await Promise.all(running.map(awaitEnd))
      cancelTimer()
      for (const { done } of open.values()) done.come('stopped')
    }
  }
}

export const isOver = ({ state }: Pick<Tell, 'state'>) => TERMINAL.has(state)
