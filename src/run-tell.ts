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
  /** Whether a turn of it was tried before, and was refused before anything ran. */
  again: boolean
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
}): { run (running: W): Promise<TurnEnd>, hold (team: string): Hold | undefined } {
  const holds = createHolds({ clock, limitWait: () => limits().limitWait })

  /** The session's agent, which gives its answers in the form that the tell asks for: that is settled at its start. */
  async function agentFor ({ session, schema, attachments, cancel: { signal } }: W): Promise<Living> {
    for (;;) {
      const living = await untilReached(() => pool.acquire(session, { signal, ...(schema && { schema }) }), { clock, patience: limits().spawnTimeout, signal })
      try {
        refuseUnoffered({ to: session.to, ...(attachments && { attachments }), ...(schema && { schema }) }, living.agent!.capabilities)
      } catch (err) {
        pool.release(living)
        throw err
      }
      if (JSON.stringify(living.schema) === JSON.stringify(schema)) return living
      pool.release(living)
      await pool.sleep(session.id, 'starts again for another form of answer')
    }
  }

  async function turn (running: W): Promise<TurnEnd> {
    const { id, session, message, attachments, schema, again, cancel } = running
    const living = await agentFor(running)
    try {
      living.enter('busy', `answers '${session.from}'`)
      running.inTurn = true
      const now = clock.now()
      const begin = () => {
        store.tells.update(id, { state: 'running', startedAt: now })
        sessions.update(session.id, { lastUsedAt: now })
      }
      if (again) store.transaction(begin)
      else {
        const data = { text: message, from: session.from, ...(attachments && { attachments }) }
        log.append({ event: 'cache:message', data: { sessionId: session.id, team: session.to, tellId: id, message: { timestamp: now, type: 'user', data } } }, begin)
      }
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
      running.inTurn = false
      pool.release(living)
    }
  }

  /** One turn, or several where the model service refused before anything ran. */
  async function run (running: W): Promise<TurnEnd> {
    const { id, session, session: { to }, cancel: { signal } } = running
    for (;;) {
      await holds.pass(to, running, signal)
      const end = await turn(running)
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

  return { run, hold: holds.of }
}
