import type { Usage } from '../../schemas/tell.ts'

/** What a result frame says about consumption. All of it may be missing. */
export interface Consumption {
  num_turns?: number
  /** A running total, US dollars. */
  total_cost_usd?: number
  /** Of this turn, without what its sub-agents used. */
  usage?: { input_tokens?: number, output_tokens?: number, cache_read_input_tokens?: number, cache_creation_input_tokens?: number }
  /** Of this turn whole, by model. Newer versions only. */
  model_usage_since_last_result?: Record<string, ModelUsage>
}

interface ModelUsage {
  inputTokens?: number
  outputTokens?: number
  cacheReadInputTokens?: number
  cacheCreationInputTokens?: number
  costUSD?: number
}

export interface Meter {
  /** The running total of cost after the last result, US dollars. */
  readonly total: number
  /** What one turn consumed. To be called once for each result, in order. */
  read (result: Consumption): Usage
  /** Begin again from nothing: this agent's totals are those of its process. */
  reset (): void
}

/** Turns running totals into the consumption of single turns. `total`: US dollars before the first of them. */
export function createMeter (total: number): Meter {
  return {
    get total () { return total },
    reset () { total = 0 },
    read (result) {
      const count = (value: unknown) => typeof value === 'number' && Number.isFinite(value) ? value : 0
      const before = total
      total = typeof result.total_cost_usd === 'number' ? result.total_cost_usd : total
      const turns = typeof result.num_turns === 'number' ? { turns: Math.round(result.num_turns) } : {}
      if (result.model_usage_since_last_result) {
        const models = Object.values(result.model_usage_since_last_result)
        const sum = (name: keyof ModelUsage) => models.reduce((all, model) => all + count(model[name]), 0)
        return {
          inputTokens: sum('inputTokens'),
          outputTokens: sum('outputTokens'),
          cacheReadTokens: sum('cacheReadInputTokens'),
          cacheWriteTokens: sum('cacheCreationInputTokens'),
          costUsd: sum('costUSD'),
          ...turns
        }
      }
      const { usage } = result
      return {
        inputTokens: count(usage?.input_tokens),
        outputTokens: count(usage?.output_tokens),
        cacheReadTokens: count(usage?.cache_read_input_tokens),
        cacheWriteTokens: count(usage?.cache_creation_input_tokens),
        // A total that shrinks has been begun again.
        ...(typeof result.total_cost_usd === 'number' && { costUsd: total < before ? total : total - before }),
        ...turns
      }
    }
  }
}
