import { fileURLToPath } from 'node:url'
import type { Agent, AgentOptions, Kind, Program, Start, TurnRecord } from './agent.ts'
import { linesBackwards } from './backwards.ts'
import type { Kept } from './echo-words.ts'
import { conversationFlags, startStreamJson } from './stream-json.ts'
import { createMeter } from './usage.ts'

/** The compiled program lies beside this file. */
const PROGRAM = fileURLToPath(new URL('./echo-program.js', import.meta.url))

export const echo: Kind = { pipe: true, environment: () => [/^ECHO_\w+$/], create: createEcho }

/**
 * The agent that needs no model: it says what it is told, or what the message scripts (see echo-program.ts). A real
 * program on the same protocol and the same code path as Claude, to try Iris with, and to test it with. Without a `home`
 * it forgets its conversations with its process.
 */
export function createEcho ({ home, ...options }: AgentOptions): Agent {
  return {
    start: start => startStreamJson(echoProgram(start, home), start, options),
    ...(home !== undefined && { record: turn => recordOfEcho(home, turn) })
  }
}

/** How far back a turn is looked for, in bytes. */
const LIMIT = 64 * 1024 * 1024

/** Its file has a line for each message when its turn begins, and one for its end. */
async function recordOfEcho (home: string, { conversation, tellId, costSoFar, env }: Parameters<Agent['record'] & {}>[0]): Promise<TurnRecord> {
  try {
    for await (const line of linesBackwards(`${env.ECHO_HOME ?? home}/${conversation}.jsonl`, LIMIT)) {
      if (!line.includes(tellId)) continue
      const { turn, uuid, text, result } = JSON.parse(line) as Kept
      if (turn === tellId && result !== undefined && !result.is_error) {
        const meter = createMeter(costSoFar)
        return { state: 'complete', text, usage: meter.read(result), costTotal: meter.total, ...(uuid !== undefined && { place: uuid }) }
      }
      if (turn === tellId || uuid === tellId) return { state: 'partial', text: turn === tellId ? text : '' }
    }
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err
  }
  return { state: 'none' }
}

function echoProgram ({ command = process.execPath, args = [], env, ...start }: Start, home?: string): Program {
  return {
    command,
    cwd: start.cwd,
    args: [PROGRAM, ...conversationFlags(start), ...args],
    env: { ...(home !== undefined && { ECHO_HOME: home }), ...env }
  }
}
