import type { Agent, Start } from './agent.ts'
import { conversationFlags, startStreamJson, type AgentOptions, type Program } from './stream-json.ts'

/** How often the program calls its model service again before a turn fails: about half a minute. Its own default is minutes. */
const RETRIES = '6'

/**
 * Tools by which the Claude sessions of one user list and address each other, unasked. Between teams there is Iris,
 * which knows who may speak to whom.
 */
const WITHHELD = 'SendMessage,ListAgents'

/** Claude Code, by its own stream-json protocol. The program is `claude` on PATH; it is not part of Iris. */
export function createClaude (options: AgentOptions): Agent {
  return { start: start => startStreamJson(claudeProgram(start), start, options) }
}

/** What is run for a start. */
export function claudeProgram ({ command = 'claude', args = [], model, env, ...start }: Start): Program {
  return {
    command,
    args: [
      '-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose',
      '--include-partial-messages', '--replay-user-messages', '--permission-prompt-tool', 'stdio',
      '--disallowedTools', WITHHELD,
      ...conversationFlags(start),
      ...(model === undefined ? [] : ['--model', model]),
      ...args
    ],
    env: {
      CLAUDE_CODE_MAX_RETRIES: RETRIES,
      ...env,
      CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
      CLAUDE_CODE_STARTUP_FAILURE_RESULTS: '1'
    }
  }
}
