import { access, readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Start, TurnRecord } from './agent.ts'
import { linesBackwards } from './backwards.ts'
import { createMeter, type Consumption } from './usage.ts'

/** How far back a turn is looked for, in bytes. One turn is some hundred KiB; the system prompts in between as much again. */
const LIMIT = 64 * 1024 * 1024

/** A line of a transcript, as far as it is read here. */
interface Line {
  type?: string
  uuid?: string
  isSidechain?: boolean
  /** What the program itself tells the model. */
  isMeta?: boolean
  isCompactSummary?: boolean
  isApiErrorMessage?: boolean
  message?: { id?: string, model?: string, stop_reason?: string | null, content?: string | { type?: string, text?: string }[], usage?: Consumption['usage'] }
}

/** The model of answers that the program makes up by itself. */
const MADE_UP = '<synthetic>'

/**
 * What Claude Code's own transcript says of a turn. It has one file for each conversation, in a directory for each
 * project; the message of a tell carries its id. The model's answer is there block by block, each with the answer's
 * reason to stop, so a turn whose last block stops with `end_turn` has ended well. It is written before the program says
 * so, but later than it streams: the end of what was heard may be missing.
 */
export async function recordOfClaude ({ conversation, tellId, env }: Pick<Start, 'conversation' | 'env'> & { tellId: string }): Promise<TurnRecord> {
  const file = await transcriptOf(conversation, env)
  return file === undefined ? { state: 'none' } : readTurn(linesBackwards(file, LIMIT), tellId)
}

/** How the program names a project's directory is its own affair; the conversation's name is enough. */
async function transcriptOf (conversation: string, { CLAUDE_CONFIG_DIR, HOME = homedir() }: Readonly<Record<string, string>>) {
  const projects = join(CLAUDE_CONFIG_DIR || join(HOME, '.claude'), 'projects')
  for (const project of await readdir(projects).catch(() => [])) {
    const file = join(projects, project, `${conversation}.jsonl`)
    if (await access(file).then(() => true, () => false)) return file
  }
  return undefined
}

async function readTurn (lines: AsyncIterable<string>, tellId: string): Promise<TurnRecord> {
  let turn: Line[] = []
  for await (const text of lines) {
    const line = parse(text)
    if (line.isSidechain || (line.type !== 'user' && line.type !== 'assistant')) continue
    if (line.type === 'user' && line.uuid === tellId) return judge(turn.reverse())
    // What comes before another turn's message is not of that turn.
    if (begins(line)) turn = []
    else turn.push(line)
  }
  return { state: 'none' }
}

/** Half a line, of a process that was killed while it wrote, says nothing. */
function parse (text: string): Line {
  try {
    return JSON.parse(text) as Line
  } catch {
    return {}
  }
}

const blocksOf = ({ message }: Line) => typeof message?.content === 'string' ? [{ type: 'text', text: message.content }] : message?.content ?? []

/** Whether it is a message that begins a turn, and no result of a tool, nor a word of the program in between. */
const begins = (line: Line) => line.type === 'user' && !line.isMeta && !line.isCompactSummary && !interrupts(line) && !blocksOf(line).some(({ type }) => type === 'tool_result')
const interrupts = (line: Line) => line.type === 'user' && blocksOf(line).some(({ text }) => text?.startsWith('[Request interrupted by user'))

function judge (turn: Line[]): TurnRecord {
  const said = turn.filter(({ type, message, isApiErrorMessage }) => type === 'assistant' && !isApiErrorMessage && message?.model !== MADE_UP)
  const text = said.flatMap(line => blocksOf(line).flatMap(({ type, text }) => type === 'text' && text ? [text] : [])).join('\n\n')
  const last = turn.at(-1)
  const ended = last !== undefined && last === said.at(-1) && last.message?.stop_reason === 'end_turn' && blocksOf(last).at(-1)?.type === 'text'
  if (!ended) return { state: 'partial', text }
  const meter = createMeter(0)
  const answers = new Map(said.map(({ message }) => [message?.id, message?.usage]))
  const usages = [...answers.values()].map(usage => meter.read({ ...(usage && { usage }) }))
  const sum = (name: 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens') => usages.reduce((all, usage) => all + usage[name], 0)
  return {
    state: 'complete',
    text,
    usage: { inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens'), cacheReadTokens: sum('cacheReadTokens'), cacheWriteTokens: sum('cacheWriteTokens'), turns: usages.length },
    ...(last.uuid !== undefined && { place: last.uuid })
  }
}
