import type { AgentEvent } from '../agent.ts'
import { hasEnded, hasInput, merged, type Call } from './calls.ts'
import type { ToolCall, Update } from './frame.ts'
import type { Preset } from './preset.ts'

type Ended = Omit<Extract<AgentEvent, { type: 'ended' }>, 'type' | 'tellId'>

export interface Reader {
  /** A message is written. Until `ended` no other may be. */
  sent (tellId: string): void
  /** An update of the session. Whatever it holds, this does not throw. */
  update (update: Update): void
  /** The call that a question is about: as news of it, if it brings any. */
  call (said: ToolCall): Call
  /** The turn is over: what is open of it is closed. */
  ended (frame: unknown, event: Ended): void
  /** No more follows: what was begun is put on record. */
  end (): void
  /** Whose work it is that happens now; null before the first message. */
  readonly tellId: string | null
  /** What the program said of itself in a turn in which it did nothing else; '' where it did. */
  readonly onlyNotice: string
}

/** A text that grows by chunks. */
interface Passage {
  /** A chunk of another key begins another passage. */
  readonly key: string
  readonly first: Update
  /** Whether it is of the answer. */
  readonly answer: boolean
  readonly kind: 'assistant' | 'system'
  text: string
}

/** Updates that are worth keeping as they are. */
const KEPT = new Set(['plan', 'current_mode_update', 'notice', 'compaction_update'])

/**
 * Reads the updates of one session and says what they mean. The protocol has no end of a text, so a passage is whole when something else
 * begins: a tool call, a thought, another message, the end of the turn. It has no turns that nobody asked for either: what comes between
 * two turns belongs to the last one, late; what comes before the first is the past, told again.
 */
export function createReader ({ preset, on, watch, cost }: {
  preset: Preset
  on: (event: AgentEvent) => void
  /** Hears every update, before it is read. */
  watch: (update: Update) => void
  /** Hears the agent's running total of cost, US dollars. */
  cost: (total: number) => void
}): Reader {
  const calls = new Map<string, Call>()
  let tellId: string | null = null
  let inTurn = false
  let passage: Passage | undefined
  let worked = false
  let notice = ''
  /** Ids of the messages and calls of this turn, and of an interrupted one before it: what goes on of those is late. */
  let ids = new Set<string>()
  let cut: { tellId: string | null, ids: ReadonlySet<string> } | undefined

  const say = (kind: 'assistant' | 'tool' | 'system' | 'result', data: unknown) => { on({ type: 'message', tellId, kind, data }) }

  function close () {
    if (passage === undefined) return
    const { first, answer, kind, text } = passage
    passage = undefined
    if (kind === 'system') notice = text
    worked ||= answer && text !== ''
    say(kind, { ...first, content: { type: 'text', text } })
    if (answer && text !== '') on({ type: 'text', tellId, text })
  }

  function chunk (update: Update, thought: boolean) {
    const { type, text } = (update.content ?? {}) as { type?: unknown, text?: unknown }
    const parent = update._meta?.claudeCode?.parentToolUseId
    if (type !== 'text' || typeof text !== 'string') {
      close()
      return say('assistant', update)
    }
    const own = !thought && preset.notice?.(update) === true
    const key = [update.sessionUpdate, update.messageId ?? '', parent ?? '', own].join(' ')
    if (passage?.key !== key) close()
    passage ??= { key, first: update, answer: !thought && !own && typeof parent !== 'string', kind: own ? 'system' : 'assistant', text: '' }
    passage.text += text
    if (passage.answer && inTurn && text !== '') on({ type: 'delta', tellId, text })
    else on({ type: 'activity' })
  }

  /** News of a call, of one that is not known too: some are first heard of when they are asked about. */
  function call (said: ToolCall): Call {
    const id = said.toolCallId ?? ''
    let one = calls.get(id)
    if (one === undefined) {
      close()
      worked = true
      one = { id, known: {}, first: said.title ?? undefined, told: false, ended: false }
      calls.set(id, one)
      on({ type: 'tool', tellId, callId: id, running: true })
    }
    if (one.ended) return one
    one.known = merged(one.known, said)
    return one
  }

  /** Puts the call on record once its input is known, and its result when it has one. */
  function tell (one: Call) {
    const { known } = one
    if (!one.told && (hasInput(known) || known.status !== 'pending')) {
      one.told = true
      say('assistant', { sessionUpdate: 'tool_call', ...known })
    }
    if (!hasEnded(known) || one.ended) return on({ type: 'activity' })
    one.ended = true
    say('tool', { sessionUpdate: 'tool_call_update', ...known })
    on({ type: 'tool', tellId, callId: one.id, running: false })
  }

  function read (update: Update) {
    const id = update.messageId ?? (update as ToolCall).toolCallId
    if (typeof id === 'string') {
      if (inTurn && cut?.ids.has(id)) return on({ type: 'message', tellId: cut.tellId, kind: 'assistant', data: update })
      ids.add(id)
    }
    switch (update.sessionUpdate) {
      case 'agent_message_chunk': return chunk(update, false)
      case 'agent_thought_chunk': return chunk(update, true)
      case 'tool_call': case 'tool_call_update': return tell(call(update as ToolCall))
      case 'usage_update':
        if (typeof update.cost?.amount === 'number' && update.cost.currency === 'USD') cost(update.cost.amount)
        return on({ type: 'activity' })
      default:
        if (KEPT.has(update.sessionUpdate ?? '')) say('system', update)
        else on({ type: 'activity' })
    }
  }

  return {
    get tellId () { return tellId },
    get onlyNotice () {
      close()
      return worked ? '' : notice
    },
    sent (id) {
      close()
      calls.clear()
      ids = new Set()
      worked = false
      notice = ''
      tellId = id
      inTurn = true
    },
    update (update) {
      try {
        watch(update)
        if (tellId === null) on({ type: 'activity' })
        else read(update)
      } catch (err) {
        say('system', { subtype: 'frame_not_understood', reason: String(err), frame: update })
      }
    },
    call (said) {
      const one = call(said)
      if (tellId !== null && !one.told) {
        one.told = true
        say('assistant', { sessionUpdate: 'tool_call', ...one.known })
      }
      return one
    },
    ended (frame, event) {
      close()
      for (const one of calls.values()) {
        if (!one.ended) on({ type: 'tool', tellId, callId: one.id, running: false })
        one.ended = true
      }
      inTurn = false
      cut = event.outcome === 'interrupted' ? { tellId, ids } : undefined
      say('result', frame)
      on({ type: 'ended', tellId, ...event })
    },
    end: close
  }
}
