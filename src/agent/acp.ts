import { acpKind } from './acp/kind.ts'
import { UNASKED } from './acp/modes.ts'

/** Any program that speaks the Agent Client Protocol over its stdio: the team says which, by `command` and `args`. */
export const acp = acpKind({
  args: [],
  login: 'Log in by its own program in a terminal, or set its key in the team\'s `env`',
  unasked: UNASKED
}, [])
