/**
 * What a message to the echo agent can ask for, to try and to test what Iris does then:
 *
 *   !slow 5 50 some text   the text in 5 chunks, 50 ms after each
 *   !big 100000            an answer of so many characters
 *   !unicode               letters of two, three and four bytes, and a line separator
 *   !blocks                three text blocks with a tool call in between
 *   !thinking              a thought, then the answer
 *   !restart               breaks off half way and says it again
 *   !tool 500              a tool call that takes 500 ms
 *   !ask Write {"file_path":"a.txt","content":"hello"}   asks for permission; the answer says what was decided.
 *                          Write really writes, in the agent's directory
 *   !call team_tell {"toTeam":"b","message":"hello"}   calls one of Iris's tools over its own pipe; the answer is what it
 *                          answers, as JSON
 *   !tools                 the names of those that it may call
 *   !history               how many messages the conversation has had, and the one before
 *   !env                   the names of its environment variables
 *   !fail some reason      a failed turn
 *   !limit                 a turn that ends at a limit
 *   !retry 3 529           3 notices that the model service does not answer, with that status; then the answer
 *   !unasked               after the answer, a turn that nobody asked for
 *   !hang                  a word, then nothing until it is interrupted
 *   !late                  the same, and talks on a little after it was interrupted
 *   !silent                nothing at all any more; heeds no interrupt
 *   !stubborn              ends for nothing but SIGKILL from now on
 *   !orphan                starts a process in a group of its own that sleeps, and says its pid
 *   !crash 3               says why on stderr and exits with code 3, in the middle of its answer
 *   !exit                  exits with code 0 after the answer
 */
import { writeFileSync } from 'node:fs'
import type { Tools } from './echo-tools.ts'

export interface Kept {
  role: 'user' | 'assistant'
  text: string
  uuid?: string
  /** Of an answer: the uuid of the message, and what the result frame says of its turn. */
  turn?: string
  result?: { is_error: boolean, num_turns: number, total_cost_usd: number, usage: Record<string, number> }
}
export interface Decision { behavior: 'allow' | 'deny', updatedInput?: Record<string, unknown>, message?: string }

/** How a turn ends: the fields of its result frame, and what comes after it. */
export interface Ending {
  subtype?: string
  is_error?: boolean
  terminal_reason?: string
  result?: string
  after? (turn: Turn): void | Promise<void>
  unasked? (turn: Turn): Promise<Ending>
}

export interface Turn {
  readonly signal: AbortSignal
  /** What was said before this turn. */
  readonly history: readonly Kept[]
  readonly mood: { mute: boolean, stubborn: boolean }
  /** The text blocks so far. */
  readonly spoken: string[]
  pause (ms: number): Promise<void>
  /** Begin a message of the model. */
  begin (): void
  /** The pieces of a text block, `ms` apart. */
  stream (chunks: string[], ms?: number): Promise<void>
  /** The text block is whole. */
  finish (): void
  /** The message breaks off and counts for nothing. */
  abandon (): void
  /** The message is whole. */
  end (): void
  /** The turn was interrupted. */
  cut (): void
  /** A block that is not streamed. */
  whole (block: object): void
  /** Any frame. */
  say (frame: Record<string, unknown>): void
  ask (tool: string, input: Record<string, unknown>, callId: string): Promise<Decision>
  /** Iris's, over its own pipe. */
  readonly tools: Pick<Tools, 'list' | 'call'>
}

type Word = (turn: Turn, rest: string) => Promise<Ending>

/** By code points, so that no chunk ends in half a character. */
function split (text: string, count: number) {
  const letters = Array.from(text)
  const size = Math.max(1, Math.ceil(letters.length / count))
  return Array.from({ length: Math.ceil(letters.length / size) }, (_, n) => letters.slice(n * size, (n + 1) * size).join(''))
}

async function answer (turn: Turn, text: string, chunks = 4, ms = 0): Promise<Ending> {
  turn.begin()
  await turn.stream(split(text, chunks), ms)
  turn.finish()
  turn.end()
  return {}
}

let calls = 0
async function useTool (turn: Turn, name: string, input: Record<string, unknown>, use: (callId: string) => Promise<{ content: string, is_error?: boolean }>) {
  const id = `call_${process.pid}_${++calls}`
  turn.begin()
  turn.whole({ type: 'tool_use', id, name, input })
  turn.end()
  const reject = (err: unknown) => {
    if (!turn.signal.aborted) throw err
    return { content: 'interrupted', is_error: true }
  }
  const result = await use(id).catch(reject)
  turn.say({ type: 'user', message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, ...result }] }, parent_tool_use_id: null })
  turn.signal.throwIfAborted()
  return result.content
}

/** Never resolves; rejects when the turn is interrupted. */
const forever = (turn: Turn) => new Promise<never>((_resolve, reject) => {
  const idle = setInterval(() => {}, 2 ** 30)
  turn.signal.addEventListener('abort', () => {
    clearInterval(idle)
    reject(turn.signal.reason)
  })
})

async function hang (turn: Turn) {
  turn.begin()
  await turn.stream(['echo: hanging'])
  return forever(turn)
}

export const WORDS: Readonly<Record<string, Word>> = {
  echo: (turn, text) => answer(turn, `echo: ${text}`),

  slow (turn, rest) {
    const [, chunks, ms, text] = /^(\d+) +(\d+)\s*(.*)$/su.exec(rest) ?? []
    return answer(turn, text || 'echo: slowly', Number(chunks ?? 5), Number(ms ?? 50))
  },

  big: (turn, rest) => answer(turn, 'echo: big '.repeat(Math.ceil(Number(rest) / 10)).slice(0, Number(rest)), 20),

  unicode: turn => answer(turn, 'echo: é ñ Ω 漢字 \u2028 e\u0301 \u{1F468}\u200D\u{1F469}\u200D\u{1F467} \u{1D11E} שלום', 100),

  async blocks (turn) {
    await answer(turn, 'echo: first')
    await useTool(turn, 'Echo', {}, async () => ({ content: 'nothing' }))
    turn.begin()
    for (const text of ['echo: second', 'echo: third']) {
      await turn.stream(split(text, 3))
      turn.finish()
    }
    turn.end()
    return {}
  },

  async thinking (turn) {
    turn.begin()
    turn.whole({ type: 'thinking', thinking: 'What could be meant?', signature: '' })
    await turn.stream(split('echo: thought over', 3))
    turn.finish()
    turn.end()
    return {}
  },

  async restart (turn) {
    turn.begin()
    await turn.stream(['echo: this will be sa'])
    turn.abandon()
    return answer(turn, 'echo: said again')
  },

  async tool (turn, rest) {
    const content = await useTool(turn, 'Echo', { ms: Number(rest) }, async () => {
      await turn.pause(Number(rest))
      return { content: 'done' }
    })
    return answer(turn, `echo: the tool said ${content}`)
  },

  async ask (turn, rest) {
    const [, tool = 'Write', json] = /^(\w*)\s*(.*)$/su.exec(rest) ?? []
    const input = JSON.parse(json || '{}')
    const content = await useTool(turn, tool, input, async callId => {
      const decision = await turn.ask(tool, input, callId)
      if (decision.behavior !== 'allow') return { content: `denied: ${decision.message}`, is_error: true }
      const used = decision.updatedInput ?? input
      if (tool === 'Write' && typeof used.file_path === 'string') writeFileSync(used.file_path, String(used.content ?? ''))
      return { content: `allowed: ${tool}` }
    })
    return answer(turn, `echo: ${content}`)
  },

  async call (turn, rest) {
    const [, name = '', json] = /^(\w*)\s*(.*)$/su.exec(rest) ?? []
    const input = JSON.parse(json || '{}')
    const content = await useTool(turn, `mcp__iris__${name}`, input, () => turn.tools.call(name, input, turn.signal))
    return answer(turn, `echo: ${content}`)
  },

  tools: async turn => answer(turn, `echo: ${(await turn.tools.list()).join(' ')}`),

  history: turn => answer(turn, `echo: ${turn.history.filter(({ role }) => role === 'user').length} before, the last: ${
    turn.history.findLast(({ role }) => role === 'user')?.text ?? 'none'}`),

  env: turn => answer(turn, `echo: ${Object.keys(process.env).sort().join(' ')}`),

  fail: async (_turn, rest) => ({ is_error: true, terminal_reason: 'api_error', result: rest || 'told to fail' }),

  limit: async () => ({ subtype: 'error_max_turns', is_error: true, terminal_reason: 'max_turns' }),

  async retry (turn, rest) {
    const [times, status] = rest.split(' ').map(Number)
    for (let attempt = 1; attempt <= (times || 1); attempt++) {
      turn.say({
        type: 'system',
        subtype: 'api_retry',
        attempt,
        max_retries: times || 1,
        retry_delay_ms: 10,
        error_status: status ?? 529,
        error: status === 401 ? 'authentication_failed' : 'overloaded'
      })
      await turn.pause(10)
    }
    return answer(turn, 'echo: reached at last')
  },

  async unasked (turn) {
    await answer(turn, 'echo: asked')
    return { unasked: turn => answer(turn, 'echo: unasked') }
  },

  hang,

  async late (turn) {
    try {
      return await hang(turn)
    } catch {
      turn.cut()
      const after = async (turn: Turn) => {
        turn.begin()
        turn.say({ type: 'keep_alive' })
        turn.whole({ type: 'text', text: 'echo: too late' })
      }
      return { subtype: 'error_during_execution', terminal_reason: 'aborted_streaming', is_error: true, after }
    }
  },

  async silent (turn) {
    turn.mood.mute = true
    return forever(turn)
  },

  async stubborn (turn) {
    turn.mood.stubborn = true
    setInterval(() => {}, 2 ** 30)
    return answer(turn, 'echo: here I stay')
  },

  async orphan (turn) {
    const { spawn } = await import('node:child_process')
    const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 2 ** 30)'], { detached: true, stdio: 'ignore' })
    orphan.unref()
    return answer(turn, `echo: ${orphan.pid}`)
  },

  async crash (turn, rest) {
    turn.begin()
    await turn.stream(['echo: going to'])
    process.stderr.write('echo: told to crash\n')
    process.exit(Number(rest || 1))
  },

  async exit (turn) {
    await answer(turn, 'echo: good bye')
    return { after: () => { process.exit(0) } }
  }
}
