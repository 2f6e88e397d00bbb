import type { TellState, Usage } from '../schemas/tell.ts'
import { createAnswer, type Chunk } from './answer.ts'
import type { AgentEvent, Outgoing } from './agent/agent.ts'
import type { Clock } from './clock.ts'
import { AgentError, IrisError, TellCancelledError } from './errors.ts'
import { limited } from './holds.ts'
import type { Living } from './living.ts'

export interface TurnEnd {
  state: Extract<TellState, 'completed' | 'failed' | 'cancelled' | 'expired'>
  response: string
  structured?: unknown
  usage?: Usage
  /** The agent's running total, US dollars, and its name of where the conversation stands, where it says. */
  costTotal?: number
  place?: string
  /** Why, for all but `completed`. */
  error?: IrisError
  /** Where the model service's limit ended it: until when, Unix ms, where it says, and whether anything ran before. */
  limit?: { until?: number, ran: boolean }
}

/** How long an agent may take to stop its turn, ms, before its process is ended. */
const INTERRUPT_GRACE = 5_000

/**
 * One turn: send, collect until the agent ends it, the process dies, somebody cancels (`signal`, whose reason is an IrisError)
 * or the agent is silent for too long. First cause wins. Never rejects.
 */
export function runTurn (living: Living, { tellId, message }: { tellId: string, message: Outgoing }, { clock, signal, silence, chunks, onChunk }: {
  clock: Clock
  signal: AbortSignal
  /** ms the agent may be silent; 0 for ever */
  silence: (toolRuns: boolean) => number
  /** Deltas within `interval` ms become one chunk, the first goes out at once; so does what has grown to `size` UTF-16 units, which no chunk exceeds. */
  chunks: () => { interval: number, size: number }
  onChunk: (chunk: Chunk) => void
}): Promise<TurnEnd> {
  const agent = living.agent!
  const answer = createAnswer()
  const tools = new Set<string>()
  /** Whether the agent said or did anything in this turn. */
  let ran = false
  let cause: Pick<TurnEnd, 'state' | 'error'> | undefined
  let heard = clock.elapsed()
  let cancelSilence = () => {}
  let cancelGrace = () => {}
  let cancelFlush: (() => void) | undefined

  return new Promise(resolve => {
    /** Whether there was anything to give. */
    function flush (ended = false): boolean {
      const { size } = chunks()
      let given = false
      for (let chunk = answer.take(size, ended); chunk !== null; chunk = answer.take(size, ended)) {
        given = true
        onChunk(chunk)
      }
      return given
    }

    function grew () {
      if (cancelFlush !== undefined && answer.pending() < chunks().size) return
      flush()
      if (cancelFlush === undefined) gather()
    }

    function gather () {
      const { interval } = chunks()
      if (interval === 0) return
      cancelFlush = clock.after(interval, () => {
        cancelFlush = undefined
        if (flush()) gather()
      })
    }

    /** Since when the agent is silent. One that waits for a person is not: its time begins anew with the decision. */
    const silentSince = () => living.state === 'waiting' ? clock.elapsed() : Math.max(heard, living.entered)

    /** Silence is judged by when the agent was last heard; the timer is only the reminder to look. */
    function watchSilence () {
      cancelSilence()
      const allowed = silence(tools.size > 0)
      if (allowed === 0) return
      cancelSilence = clock.after(Math.max(1, silentSince() + allowed - clock.elapsed()), () => {
        if (clock.elapsed() - silentSince() < silence(tools.size > 0)) return watchSilence()
        stop('expired', new AgentError(`The agent gave no sign of life for ${allowed} ms`, { details: { silence: allowed } }))
      })
    }

    function stop (state: 'failed' | 'cancelled' | 'expired', error: IrisError) {
      if (cause !== undefined) return
      cause = { state, error }
      cancelSilence()
      living.interrupt(tellId, error.message)
      cancelGrace = clock.after(INTERRUPT_GRACE, () => { void living.stop(`did not stop its turn within ${INTERRUPT_GRACE} ms`) })
    }

    function end (how: Pick<TurnEnd, 'state' | 'error'>, spent: Partial<TurnEnd> = {}) {
      cancelSilence()
      cancelGrace()
      cancelFlush?.()
      unlisten()
      signal.removeEventListener('abort', cancel)
      try { flush(true) } finally { resolve({ ...spent, ...(cause ?? how), response: answer.text() }) }
    }

    const cancel = () => { stop('cancelled', signal.reason as IrisError) }

    function hear (event: AgentEvent) {
      heard = clock.elapsed()
      if (event.type === 'exit') {
        const { code, signal, stderr, disconnected, expected } = event.exit
        if (disconnected !== undefined) {
          return end({ state: 'failed', error: new AgentError(`The way to the agent broke during the turn: ${disconnected}`, { details: { reason: 'disconnected', exitCode: code, signal, stderr } }) })
        }
        const how = signal === null ? `exit code ${String(code)}` : signal
        // Of one that ended by itself its own last words say the most.
        const why = expected ? living.reason : stderr.trimEnd().split('\n').at(-1)!.trim()
        return end({
          state: 'failed',
          error: new AgentError(`The agent's process ended during the turn (${how})${why === '' ? '' : `: ${why}`}`, { details: { exitCode: code, signal, stderr } })
        })
      }
      if (!('tellId' in event) || event.tellId !== tellId) return
      ran ||= DEEDS.has(event.type)
      switch (event.type) {
        case 'delta':
          answer.delta(event.text)
          return grew()
        case 'text':
          answer.block(event.text)
          return grew()
        case 'restart':
          return answer.restart()
        case 'tool':
          if (event.running) tools.add(event.callId)
          else tools.delete(event.callId)
          return watchSilence()
        case 'retry':
          if (event.auth) stop('failed', loginError(event.reason, event.fix))
          return
        case 'ended':
          return end(outcome(event, ran), {
            ...(event.structured !== undefined && { structured: event.structured }),
            ...(cause === undefined && event.trouble?.reason === 'rate_limited' && { limit: { ran, ...(event.trouble.until !== undefined && { until: event.trouble.until }) } }),
            ...(event.usage !== undefined && { usage: event.usage }),
            ...(event.costTotal !== undefined && { costTotal: event.costTotal }),
            ...(event.place !== undefined && { place: event.place })
          })
      }
    }

    const unlisten = living.listen(hear)
    signal.addEventListener('abort', cancel, { once: true })
    watchSilence()
    try {
      agent.send(tellId, message)
    } catch (cause) {
      return end({ state: 'failed', error: cause instanceof IrisError ? cause : new AgentError(`The agent could not be given the message: ${(cause as Error).message}`, { cause }) })
    }
    if (signal.aborted) cancel()
    if (living.state === 'asleep') void living.gone.then(exit => { hear({ type: 'exit', exit }) }) // it ended before anybody listened here
  })
}

/** What shows that the turn was begun by its model. */
const DEEDS: ReadonlySet<AgentEvent['type']> = new Set(['delta', 'text', 'tool', 'ask'])

const loginError = (reason: string, fix?: string, details = {}) => new AgentError(
  `The agent cannot log in to its model service: ${reason}${fix === undefined ? '' : `. ${fix}`}`, { details: { ...details, reason: 'auth_required', cause: reason, ...(fix !== undefined && { fix }) } })

function outcome ({ outcome, error, details, trouble }: Extract<AgentEvent, { type: 'ended' }>, ran: boolean): Pick<TurnEnd, 'state' | 'error'> {
  if (trouble?.reason === 'auth_required') return { state: 'failed', error: loginError(error ?? 'unknown', trouble.fix, details) }
  if (trouble?.reason === 'rate_limited') return { state: 'failed', error: limited(trouble.until, ran) }
  const extra = details === undefined ? {} : { details }
  switch (outcome) {
    case 'completed': return { state: 'completed' }
    case 'interrupted': return { state: 'cancelled', error: new TellCancelledError('the agent was interrupted', extra) }
    case 'limit': return { state: 'failed', error: new AgentError(`The agent reached a limit: ${error ?? 'unknown'}`, extra) }
    case 'failed': return { state: 'failed', error: new AgentError(`The agent failed: ${error ?? 'unknown'}`, extra) }
  }
}
