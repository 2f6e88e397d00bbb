import type { Usage } from '../../../schemas/tell.ts'
import type { Outcome } from '../agent.ts'
import { unwrapped } from './failure.ts'
import type { Ending } from './frame.ts'

/** What turned a turn's end into what it is. */
export interface Circumstances {
  /** Iris stopped it. */
  interrupted: boolean
  denied: { tool: string, message: string } | undefined
  /** All that was said in the turn, where it was the program and not its model that said it. */
  onlyNotice: string
}

/** How a turn ended. Some agents end it as cancelled where they are denied something; that is an end that somebody should hear of. */
export function judge ({ stopReason }: Ending, { interrupted, denied, onlyNotice }: Circumstances): { outcome: Outcome, error?: string, details?: Record<string, unknown> } {
  const details = { stopReason }
  switch (stopReason) {
    case 'end_turn':
      // A failed call of the model can look like an answer; its words come last.
      return onlyNotice === '' ? { outcome: 'completed' } : { outcome: 'failed', details, error: unwrapped(onlyNotice.trim().split('\n\n').at(-1)!) }
    case 'cancelled':
      if (interrupted) return { outcome: 'interrupted', details }
      return { outcome: 'failed', details, error: denied === undefined ? 'it stopped its turn by itself' : `it stopped its turn when '${denied.tool}' was denied (${denied.message})` }
    case 'max_tokens': return { outcome: 'limit', details, error: 'its model said as much as it may say at once (max_tokens)' }
    case 'max_turn_requests': return { outcome: 'limit', details, error: 'it called its model as often as it may in a turn (max_turn_requests)' }
    case 'refusal': return { outcome: 'failed', details, error: 'it refuses to go on with this (refusal)' }
    default: return { outcome: 'failed', details, error: `it ended its turn for a reason that Iris does not know (${String(stopReason)})` }
  }
}

/** What the turn consumed, where the agent says; `costUsd` is what its running total grew by. */
export function usageOf ({ usage, _meta }: Ending, cost: { before: number, now: number | undefined }): Usage | undefined {
  const { before, now } = cost
  // A total that shrinks has been begun again.
  const costUsd = now === undefined ? {} : { costUsd: now < before ? now : now - before }
  const count = (value: unknown) => typeof value === 'number' && Number.isFinite(value) ? Math.round(value) : 0
  if (usage) {
    return {
      inputTokens: count(usage.inputTokens),
      outputTokens: count(usage.outputTokens),
      cacheReadTokens: count(usage.cachedReadTokens),
      cacheWriteTokens: count(usage.cachedWriteTokens),
      ...costUsd
    }
  }
  const counted = _meta?.quota?.token_count
  if (counted === undefined && now === undefined) return undefined
  return { inputTokens: count(counted?.input_tokens), outputTokens: count(counted?.output_tokens), cacheReadTokens: 0, cacheWriteTokens: 0, ...costUsd }
}
