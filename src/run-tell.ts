import type { Event } from '../schemas/event.ts'
import type { Chunk } from './answer.ts'
import { refuseUnoffered, withBodies, type Parts } from './attachments.ts'
import type { Clock } from './clock.ts'
import { AgentError } from './errors.ts'
import { createHolds, type Held, type Hold } from './holds.ts'
import type { Living } from './living.ts'
import type { Log } from './log.ts'
import type { Pool } from './pool.ts'
import { untilReached } from './reach.ts'
import type { Sessions } from './sessions.ts'
import type { SessionRow, Store } from './store/store.ts'
import { runTurn, type TurnEnd } from './turn.ts'

/** A tell at the head of its queue. */
export interface Work extends Held, Parts {
  readonly id: string
  readonly session: SessionRow
  readonly message: string
  readonly cancel: AbortController
  /** Whether its agent is in its turn now. */
  inTurn: boolean
  /** Whether its turn has begun: only then may the agent know of it. */
  begun: boolean
  /** When that was, Unix ms. */
  startedAt: number | null
  /** Whether a turn of it was tried before, and was refused before anything ran. */
  again: boolean
}

/** A turn that begins: when, with which agent, and what is told of it once that is stored. */
export interface Opening {
  readonly living: Living
  readonly event: Event
  readonly at: number
}

/** How a tell gets its turn: the agent it needs, its message, and another try where the model service refused before anything ran. */
export function createRun<W extends Work> ({ store, sessions, pool, log, clock, limits, onChunk }: {
  store: Store
  sessions: Sessions
  pool: Pool
  log: Log
  clock: Clock
  limits: () => { responseTimeout: number, toolTimeout: number, limitWait: number, spawnTimeout: number, chunkInterval: number, chunkSize: number }
  onChunk: (running: W, chunk: Chunk) => void
}): {
    /** Where its agent waits for it: the turn is as good as begun, and is stored by the caller; then `run` or `close` it. */
    open (running: W): Opening | undefined
    close (running: W, opening: Opening): void
    run (running: W, opening?: Opening): Promise<TurnEnd>
    hold (team: string): Hold | undefined
  } {
  const holds = createHolds({ clock, limitWait: () => limits().limitWait })

  const fits = ({ schema }: W, living: Living) => living.schema === schema || JSON.stringify(living.schema) === JSON.stringify(schema)
  const check = ({ session: { to }, attachments, schema }: W, living: Living) => {
    refuseUnoffered({ to, ...(attachments && { attachments }), ...(schema && { schema }) }, living.agent!.capabilities)
  }

  /** The session's agent, which gives its answers in the form that the tell asks for: that is settled at its start. */
  async function agentFor (running: W): Promise<Living> {
    const { session, schema, cancel: { signal } } = running
    for (;;) {
      const living = await untilReached(() => pool.acquire(session, { signal, ...(schema && { schema }) }), { clock, patience: limits().spawnTimeout, signal })
      try {
        check(running, living)
      } catch (err) {
        pool.release(living)
        throw err
      }
      if (fits(running, living)) return living
      pool.release(living)
      await pool.sleep(session.id, 'starts again for another form of answer')
    }
  }

  function begin (running: W, living: Living): Opening {
    const { id, session, message, attachments } = running
    const at = clock.now()
    living.enter('busy', `answers '${session.from}'`)
    running.inTurn = true
    const data = { text: message, from: session.from, ...(attachments && { attachments }) }
    return { living, at, event: { event: 'cache:message', data: { sessionId: session.id, team: session.to, tellId: id, message: { timestamp: at, type: 'user', data } } } }
  }

  function close (running: W, { living }: Opening) {
    running.inTurn = false
    pool.release(living)
  }

  async function turn (running: W, opened: Opening | undefined): Promise<TurnEnd> {
    const { id, session, message, attachments, schema, again, cancel } = running
    const opening = opened ?? begin(running, await agentFor(running))
    const { living, at, event } = opening
    try {
      if (opened === undefined) {
        const change = () => {
          store.tells.update(id, { state: 'running', startedAt: at })
          sessions.update(session.id, { lastUsedAt: at })
        }
        if (again) store.transaction(change)
        else log.append(event, change)
      }
      running.startedAt = at
      running.begun = true
      const files = attachments && { attachments: withBodies(attachments, store.tells.bodies(id)) }
      const end = await runTurn(living, { tellId: id, message: { text: message, ...files, ...(again && { again }) } }, {
        clock,
        signal: cancel.signal,
        silence: toolRuns => toolRuns ? limits().toolTimeout : limits().responseTimeout,
        chunks: () => ({ interval: limits().chunkInterval, size: limits().chunkSize }),
        onChunk: chunk => { onChunk(running, chunk) }
      })
      return schema === undefined || end.state !== 'completed' || end.structured !== undefined ? end : { ...end, state: 'failed', error: new AgentError('The agent gave no answer in the form that was asked for') }
    } finally {
      close(running, opening)
    }
  }

  /** One turn, or several where the model service refused before anything ran. */
  async function run (running: W, opening?: Opening): Promise<TurnEnd> {
    const { id, session, session: { to }, cancel: { signal } } = running
    for (let opened = opening; ; opened = undefined) {
      if (opened === undefined) await holds.pass(to, running, signal)
      const end = await turn(running, opened)
      if (end.limit === undefined) {
        if (end.state === 'completed') holds.lift(to)
        return end
      }
      const { until, reason } = holds.put(to, { reason: 'rate_limited', ...end.limit })
      if (end.limit.ran) return end
      running.begun = false
      running.again = true
      log.append({
        event: 'cache:message',
        data: { sessionId: session.id, team: to, tellId: id, message: { timestamp: clock.now(), type: 'system', data: { subtype: 'rate_limited', until, message: `Nothing ran: ${reason}` } } }
      }, () => {
        store.tells.update(id, { state: 'queued' })
        sessions.update(session.id, { resumable: true, ...(end.costTotal !== undefined && { costSoFar: end.costTotal }) })
      })
    }
  }

  return {
    open (running) {
      const living = holds.of(running.session.to) === undefined ? pool.take(running.session.id) : undefined
      if (living === undefined) return undefined
      try {
        check(running, living)
        if (fits(running, living)) return begin(running, living)
      } catch { /* `run` comes to the same, and it is told then. */ }
      pool.release(living)
      return undefined
    },
    close,
    run,
    hold: holds.of
  }
}
