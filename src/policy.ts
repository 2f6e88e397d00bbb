import type { Decision } from './agent/agent.ts'

/** The answer of a team's policy to an agent's permission question. The policy is the team's `permissions` in config.yaml. */
export function decide (policy: 'allow' | 'deny', tool: string, input: Record<string, unknown>): Decision {
  return policy === 'allow'
    ? { behavior: 'allow', input }
    : { behavior: 'deny', message: `The policy of this team denies '${tool}'. Its \`permissions\` in config.yaml say so` }
}
