import { acpKind } from './acp/kind.ts'

/** What its tools may do unasked: look at the project, save for what is secret there, and plan. Those of MCP servers are not among them. */
const LOOKS = {
  read: { '*': 'allow', '*.env': 'ask', '*.env.*': 'ask' },
  ...Object.fromEntries(['glob', 'grep', 'list', 'todowrite', 'task'].map(tool => [tool, 'allow']))
}

/** OpenCode, which speaks the Agent Client Protocol itself. It is its configuration that has it ask; its modes are sorts of work. */
export const opencode = acpKind({
  program: 'opencode',
  args: ['acp'],
  env: {
    OPENCODE_PERMISSION: JSON.stringify({ '*': 'ask', ...LOOKS }),
    OPENCODE_DISABLE_AUTOUPDATE: '1'
  },
  install: 'npm install -g opencode-ai',
  login: 'Run `opencode auth login` in a terminal, or set the key of its provider in the team\'s `env`',
  unasked: /^$/,
  firstAlone: true,
  // A call is first titled with its tool, and by what it does with later.
  tool: (_call, first) => /^[a-z][\w-]*$/.test(first ?? '') ? first : undefined
}, [/^OPENCODE_\w+$/])
