import { acpKind } from './acp/kind.ts'

/** Gemini CLI, which speaks the Agent Client Protocol itself. */
export const gemini = acpKind({
  program: 'gemini',
  args: ['--acp'],
  // Its second process would outlive the first.
  env: { GEMINI_CLI_NO_RELAUNCH: 'true' },
  install: 'npm install -g @google/gemini-cli',
  login: 'Run `gemini` in a terminal and log in, or set GEMINI_API_KEY',
  authenticate: ({ GEMINI_API_KEY, GOOGLE_GENAI_USE_VERTEXAI }) => GEMINI_API_KEY ? 'gemini-api-key' : GOOGLE_GENAI_USE_VERTEXAI === 'true' ? 'vertex-ai' : undefined,
  asks: 'default',
  unasked: /^(?!default$|plan$)/,
  byMinute: true,
  // It names a call by its tool, twice underlined.
  tool: ({ toolCallId }) => /^(\w+?)__/.exec(toolCallId ?? '')?.[1]
}, [/^(GEMINI_\w+|GOOGLE_\w+)$/])
