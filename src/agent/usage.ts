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
      const before = total
      total = result.total_cost_usd ?? total
      const turns = result.num_turns === undefined ? {} : { turns: result.num_turns }
      if (result.model_usage_since_last_result !== undefined) {
        const models = Object.values(result.model_usage_since_last_result)
        const sum = (name: keyof ModelUsage) => models.reduce((all, model) => all + (model[name] ?? 0), 0)
        return {
          inputTokens: sum('inputTokens'),
          outputTokens: sum('outputTokens'),
          cacheReadTokens: sum('cacheReadInputTokens'),
          cacheWriteTokens: sum('cacheCreationInputTokens'),
          costUsd: sum('costUSD'),
          ...turns
        }
      }
      const { usage = {} } = result
      return {
        inputTokens: usage.input_tokens ?? 0,
        outputTokens: usage.output_tokens ?? 0,
        cacheReadTokens: usage.cache_read_input_tokens ?? 0,
        cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
        // A total that shrinks has been begun again.
        ...(result.total_cost_usd !== undefined && { costUsd: total < before ? total : total - before }),
        ...turns
      }
    }
  }
}
