import type { IrisEvent } from '../js/src/follow.ts'
import type { CacheReadOutput } from '../js/src/tools.ts'
import { readFrame, type Step } from './frames.ts'
import type { Tell, Usage } from './model.ts'

/** One tell of a conversation, or what the agent did unasked. */
export interface Turn {
  readonly id: string
  readonly asked: boolean
  message: string
  from: string
  state: Tell['state']
  steps: Step[]
  /** The answer so far, which chunks make; whole once it is completed. */
  answer: string
  error?: string
  usage?: Usage
  /** Grows with each change: who shows it sees what to draw again. */
  version: number
}

type Entry = CacheReadOutput['entries'][number]

const OVER = new Set<string>(['completed', 'failed', 'cancelled', 'expired', 'lost'])
export const isOver = ({ state }: Pick<Turn, 'state'>) => OVER.has(state)

/** What was said in one session: from its cache, then from the events that come. */
export class Conversation {
  readonly sessionId: string
  readonly turns = new Map<string, Turn>()
  /** The newest message it has. */
  private last = 0
  private unasked = 0

  constructor (sessionId: string) {
    this.sessionId = sessionId
  }

  /** The end of what is kept, and how its tells stand. */
  load (entries: readonly Entry[], tells: readonly Tell[]): void {
    for (const { seq, tellId, type, data } of entries) this.message(seq, tellId, type, data)
    for (const { tellId, ...tell } of [...tells].reverse()) {
      if (!this.turns.has(tellId) && OVER.has(tell.state)) continue
      this.become(this.turn(tellId), tell)
    }
    // Of turns that are older than the list of tells, it is known that they have ended.
    for (const turn of this.turns.values()) if (turn.state === 'queued') this.become(turn, tells.some(({ tellId }) => tellId === turn.id) ? {} : { state: 'completed' })
  }

  /** How a tell stands. Of what has ended the messages are kept, whole; a list of tells shows only the beginning of an answer. */
  become (turn: Turn, { message, from, state, response, error, usage }: Partial<Pick<Tell, 'message' | 'from' | 'state' | 'response' | 'error' | 'usage'>>): void {
    turn.message ||= message ?? ''
    turn.from ||= from ?? ''
    turn.state = state ?? turn.state
    if (response !== undefined && (!isOver(turn) || textOf(turn.steps) === '')) turn.answer = response
    if (error !== undefined) turn.error = error.message
    if (usage !== undefined) turn.usage = usage
    turn.version++
  }

  turn (id: string, asked = true): Turn {
    let turn = this.turns.get(id)
    if (turn === undefined) this.turns.set(id, turn = { id, asked, message: '', from: '', state: 'queued', steps: [], answer: '', version: 0 })
    return turn
  }

  /** False where a chunk does not fit to what is known: then the tell is to be asked for. */
  apply ({ event, data, seq = 0 }: IrisEvent): boolean {
    const { tellId } = data as { tellId?: string }
    if (event === 'cache:message') {
      const { type, data: frame } = data.message as { type: string, data: unknown }
      this.message(seq, tellId, type, frame)
      return true
    }
    if (tellId === undefined || !event.startsWith('tell:')) return true
    const turn = this.turn(tellId)
    turn.version++
    switch (event) {
      case 'tell:started':
        turn.from = String(data.from)
        return true
      case 'tell:chunk': {
        const offset = Number(data.offset)
        if (offset > turn.answer.length) return isOver(turn)
        turn.state = isOver(turn) ? turn.state : 'running'
        turn.answer = turn.answer.slice(0, offset) + String(data.chunk)
        return true
      }
      case 'tell:complete':
        Object.assign(turn, { state: 'completed', answer: data.response, usage: data.usage })
        return true
      case 'tell:error':
        Object.assign(turn, { state: data.state, answer: data.response, error: (data.error as { message: string }).message })
        return true
    }
    return true
  }

  private message (seq: number, tellId: string | undefined, type: string, data: unknown): void {
    if (seq <= this.last) return
    this.last = seq
    const turn = tellId === undefined ? this.turn(this.unaskedId(), false) : this.turn(tellId)
    turn.version++
    if (type === 'user') {
      const { text, from } = data as { text?: string, from?: string }
      Object.assign(turn, { message: text ?? '', from: from ?? turn.from, state: isOver(turn) ? turn.state : 'running' })
    } else if (tellId === undefined) turn.state = type === 'result' ? 'completed' : 'running'
    for (const step of readFrame(type, data)) addStep(turn, step)
  }

  /** What follows each other unasked is one turn, until it ends or something is asked. */
  private unaskedId (): string {
    const last = [...this.turns.values()].at(-1)
    return last !== undefined && !last.asked && !isOver(last) ? last.id : `unasked-${++this.unasked}`
  }
}

function addStep (turn: Turn, step: Step): void {
  if (step.kind !== 'result') {
    turn.steps.push(step)
    return
  }
  const call = turn.steps.findLast(one => one.kind === 'tool' && one.id === step.id)
  if (call?.kind === 'tool') Object.assign(call, { result: step.text, failed: step.failed })
}

const textOf = (steps: readonly Step[]) => steps.filter(({ kind }) => kind === 'text').map(step => (step as { text: string }).text).filter(Boolean).join('\n\n')

/**
 * What is shown of a turn: its steps, and of its answer what they do not say yet. Where they say something else, the
 * answer is the truth and they keep silent.
 */
export function shown ({ steps, answer, asked }: Pick<Turn, 'steps' | 'answer' | 'asked'>): { steps: readonly Step[], rest: string } {
  const said = textOf(steps)
  if (!asked || said.startsWith(answer)) return { steps, rest: '' }
  if (answer.startsWith(said)) return { steps, rest: answer.slice(said.length).replace(/^\n\n/, '') }
  return { steps: steps.filter(({ kind }) => kind !== 'text'), rest: answer }
}
