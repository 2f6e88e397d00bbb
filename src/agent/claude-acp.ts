import { acpKind } from './acp/kind.ts'
import { claude } from './claude.ts'

/** Claude Code by its adapter for the Agent Client Protocol. */
export const claudeAcp = {
  ...acpKind({
    program: 'claude-agent-acp',
    args: [],
    env: { CLAUDE_CODE_MAX_RETRIES: '6' },
    install: 'npm install -g @agentclientprotocol/claude-agent-acp',
    login: 'Run `claude` in a terminal and log in, or set ANTHROPIC_API_KEY',
    asks: 'default',
    unasked: /^(?!default$|plan$)/,
    // By these the Claude sessions of one user address each other, unasked.
    meta: { claudeCode: { options: { disallowedTools: ['SendMessage', 'ListAgents'] } } },
    notice: ({ _meta }) => _meta?.claudeCode?.kind === 'informational'
  }, []),
  environment: claude.environment
}
