import { acpKind } from './acp/kind.ts'
import { claude, RETRIES, WITHHELD } from './claude.ts'

/** Claude Code by its adapter for the Agent Client Protocol. */
export const claudeAcp = {
  ...acpKind({
    program: 'claude-agent-acp',
    args: [],
    env: { CLAUDE_CODE_MAX_RETRIES: RETRIES },
    install: 'npm install -g @agentclientprotocol/claude-agent-acp',
    login: 'Run `claude` in a terminal and log in, or set ANTHROPIC_API_KEY',
    asks: 'default',
    unasked: /^(?!default$|plan$)/,
    meta: { claudeCode: { options: { disallowedTools: WITHHELD } } },
    notice: ({ _meta }) => _meta?.claudeCode?.kind === 'informational'
  }, []),
  environment: claude.environment
}
