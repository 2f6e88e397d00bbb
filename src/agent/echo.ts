import { fileURLToPath } from 'node:url'
import type { Agent, AgentOptions, Kind, Program, Start } from './agent.ts'
import { conversationFlags, startStreamJson } from './stream-json.ts'

/** The compiled program lies beside this file. */
const PROGRAM = fileURLToPath(new URL('./echo-program.js', import.meta.url))

export const echo: Kind = { pipe: true, environment: () => [/^ECHO_\w+$/], create: createEcho }

/**
 * The agent that needs no model: it says what it is told, or what the message scripts (see echo-program.ts). A real
 * program on the same protocol and the same code path as Claude, to try Iris with, and to test it with. Without a `home`
 * it forgets its conversations with its process.
 */
export function createEcho ({ home, ...options }: AgentOptions): Agent {
  return { start: start => startStreamJson(echoProgram(start, home), start, options) }
}

function echoProgram ({ command = process.execPath, args = [], env, ...start }: Start, home?: string): Program {
  return {
    command,
    cwd: start.cwd,
    args: [PROGRAM, ...conversationFlags(start), ...args],
    env: { ...(home !== undefined && { ECHO_HOME: home }), ...env }
  }
}
