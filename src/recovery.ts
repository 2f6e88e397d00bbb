import type { TurnRecord } from './agent/agent.ts'
import { applyChunks, createAnswer, type Chunk } from './answer.ts'
import type { Clock } from './clock.ts'
import { AgentError, type IrisError } from './errors.ts'
import type { Log } from './log.ts'
import type { Usage } from '../schemas/tell.ts'
import type { SessionRow, Store, TellRow } from './store/store.ts'

/** How a tell ended that ran when the server was killed. `known`: whether the agent has heard of it. */
export type Recovered =
  | { state: 'completed', response: string, known: true, error?: never, usage?: Usage, costTotal?: number, place?: string }
  | { state: 'lost', response: string, known: boolean, error: IrisError, usage?: never, costTotal?: never, place?: never }

/** ms that an agent's record may take to be read */
const PATIENCE = 15_000

/**
 * Says how such a tell ended, by the agent's own record of the turn: nobody else has heard its end. What its readers lack of the answer
 * comes to them as ever, by `onChunk`, before that. It is never run again.
 * Rejects only where the store does.
 */
export function createRecovery ({ store: { events }, log, clock, record, chunkSize, onError }: {
  store: Pick<Store, 'events'>
  log: Log
  clock: Clock
  /** Undefined where there is none to be had. */
  record: (session: SessionRow, tellId: string) => Promise<TurnRecord | undefined>
  /** UTF-16 units that a chunk has at most */
  chunkSize: () => number
  onError: (err: unknown) => void
}): (row: TellRow, session: SessionRow, onChunk: (chunk: Chunk) => void) => Promise<Recovered> {
  async function recordOf (row: TellRow, session: SessionRow): Promise<TurnRecord> {
    let cancelTimer = () => {}
    const late = new Promise<undefined>(resolve => { cancelTimer = clock.after(PATIENCE, () => { resolve(undefined) }) })
    try {
      return await Promise.race([record(session, row.id), late]) ?? { state: 'none' }
    } catch (err) {
      onError(err)
      return { state: 'none' }
    } finally {
      cancelTimer()
    }
  }

  /** The agent's frames of the end of the turn went nowhere: this stands in their place. */
  function note ({ id: tellId, sessionId, to: team }: TellRow, text: string) {
    const data = { subtype: 'turn_recovered', message: 'The server was killed before it heard the end of this turn. The whole answer is taken from the record of the agent', text }
    log.note({ event: 'cache:message', data: { sessionId, team, tellId, message: { timestamp: clock.now(), type: 'system', data } } })
  }

  async function endOf (row: TellRow, session: SessionRow, heard: string): Promise<Recovered> {
    const found = await recordOf(row, session)
    if (found.state === 'complete') {
      const { state: _, text: response, ...spent } = found
      note(row, response)
      return { state: 'completed', response, known: true, ...spent }
    }
    const partial = found.state === 'partial'
    const why = partial ? "the agent's own record of it has no end" : 'the agent has no record of it'
    return {
      state: 'lost',
      response: partial && found.text.length > heard.length ? found.text : heard,
      known: partial,
      error: new AgentError(`The server died while this tell ran, and ${why}, so nobody knows how it ended. It is not run again by itself`, { details: { recorded: found.state } })
    }
  }

  return async (row, session, onChunk) => {
    const heard = applyChunks(events.chunks(row.id))
    const end = await endOf(row, session, heard)
    const answer = createAnswer(heard)
    const rest = () => answer.take(chunkSize(), true)
    answer.block(end.response)
    for (let chunk = rest(); chunk !== null; chunk = rest()) onChunk(chunk)
    return end
  }
}
