import { acp } from './acp.ts'
import type { Kind } from './agent.ts'
import { claudeAcp } from './claude-acp.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { command } from './command.ts'
import { echo } from './echo.ts'
import { gemini } from './gemini.ts'
import { goose } from './goose.ts'
import { opencode } from './opencode.ts'

/** What a team's `agent` may be. A kind is a file beside this one, and a row here. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(Object.entries({
  claude,
  echo,
  acp,
  'claude-acp': claudeAcp,
  codex,
  gemini,
  opencode,
  goose,
  command
}))
