import type { Team } from '../../schemas/config.ts'
import type { Usage } from '../../schemas/tell.ts'

/** Who is behind a kind of agent, by the names of OpenTelemetry's conventions. */
const PROVIDERS: Readonly<Record<string, string>> = { claude: 'anthropic', 'claude-acp': 'anthropic', codex: 'openai', gemini: 'gcp.gemini' }

/** What of a turn is known when it begins, in the words of the conventions for generative AI. */
export function turnAttributes (team: string, sessionId: string, { agent = 'unknown', model }: Partial<Team> = {}) {
  const provider = PROVIDERS[agent] ?? agent
  return {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': provider,
    'gen_ai.system': provider, // the same by its older name
    'gen_ai.agent.name': team,
    'gen_ai.conversation.id': sessionId,
    'gen_ai.request.model': model
  }
}

/** By the conventions the input has what came from a cache or went into one in it. */
export function usageAttributes (usage: Usage | undefined): Record<string, number> {
  if (usage === undefined) return {}
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd } = usage
  return {
    'gen_ai.usage.input_tokens': inputTokens + cacheReadTokens + cacheWriteTokens,
    'gen_ai.usage.output_tokens': outputTokens,
    'gen_ai.usage.cache_read.input_tokens': cacheReadTokens,
    'gen_ai.usage.cache_creation.input_tokens': cacheWriteTokens,
    ...(costUsd !== undefined && { 'iris.cost_usd': costUsd })
  }
}
