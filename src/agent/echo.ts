import { fileURLToPath } from 'node:url'
import type { Agent, Start } from './agent.ts'
import { conversationFlags, startStreamJson, type AgentOptions, type Program } from './stream-json.ts'

/** The compiled program lies beside this file. */
const PROGRAM = fileURLToPath(new URL('./echo-program.js', import.meta.url))

export interface EchoOptions extends AgentOptions {
  /** Directory where it keeps its conversations. Without one it forgets them with its process. */
  home?: string
}

/**
 * The agent that needs no model: it says what it is told, or what the message scripts (see echo-program.ts). A real
 * program on the same protocol and the same code path as Claude, to try Iris with, and to test it with.
 */
export function createEcho ({ home, ...options }: EchoOptions): Agent {
  return { start: start => startStreamJson(echoProgram(start, home), start, options) }
}

function echoProgram ({ command = process.execPath, args = [], env, ...start }: Start, home?: string): Program {
  return {
    command,
    args: [PROGRAM, ...conversationFlags(start), ...args],
    env: { ...(home !== undefined && { ECHO_HOME: home }), ...env }
  }
}
