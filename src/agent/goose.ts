import { acpKind } from './acp/kind.ts'

/** Goose, which speaks the Agent Client Protocol itself. */
export const goose = acpKind({
  program: 'goose',
  args: ['acp'],
  env: { GOOSE_MODE: 'approve' },
  install: 'install goose (https://goose-docs.ai)',
  login: 'Run `goose configure` in a terminal',
  unasked: /^(auto|smart_approve)$/
}, [/^GOOSE_\w+$/])
