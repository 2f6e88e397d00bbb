import type { Kind } from './agent.ts'
import { claude } from './claude.ts'
import { command } from './command.ts'
import { echo } from './echo.ts'

/** What a team's `agent` may be. A kind is a file beside this one, and a row here. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(Object.entries({
  claude,
  command,
  echo
}))
