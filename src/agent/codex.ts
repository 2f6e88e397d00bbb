import { acpKind } from './acp/kind.ts'

/** Codex, by its adapter for the Agent Client Protocol. */
export const codex = acpKind({
  program: 'codex-acp',
  args: [],
  env: { NO_BROWSER: '1' },
  install: 'npm install -g @agentclientprotocol/codex-acp',
  login: 'Run `codex login` in a terminal, or set OPENAI_API_KEY',
  authenticate: ({ CODEX_API_KEY, OPENAI_API_KEY }) => CODEX_API_KEY || OPENAI_API_KEY ? 'api-key' : undefined,
  asks: 'read-only',
  unasked: /^(?!read-only$)/,
  firstAlone: true,
  // What its model says has the id of a message; its own warnings have none.
  notice: ({ messageId }) => typeof messageId !== 'string'
}, [/^(CODEX_\w+|OPENAI_\w+|MODEL_PROVIDER)$/])
