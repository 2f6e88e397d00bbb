/** What a message of the cache is to a reader. */
export type Step =
  | { kind: 'text' | 'thought' | 'notice', text: string }
  | { kind: 'tool', id: string, name: string, input: unknown, result?: string, failed?: boolean }
  | { kind: 'result', id: string, text: string, failed: boolean }
  | { kind: 'decision', tool: string, decision: string, by: string, reason: string }

type Fields = Record<string, unknown>

/**
 * The frames of agents are their own: Claude's content blocks, ACP's updates, a bare text. What is none of these is
 * passed over, for the answer itself comes with the tell.
 */
export function readFrame (type: string, data: unknown): Step[] {
  const frame = fields(data)
  switch (type) {
    case 'assistant': case 'tool':
      if ('sessionUpdate' in frame) return readUpdate(frame)
      return readBlocks(frame)
    case 'permission': return [{ kind: 'decision', tool: text(frame.tool), decision: text(frame.state), by: text(frame.by), reason: text(frame.reason) }]
    case 'system': return SILENT.has(text(frame.subtype)) ? [] : [{ kind: 'notice', text: noticeOf(frame) }]
    default: return []
  }
}

/** Notices that say nothing to a person. */
const SILENT = new Set(['', 'init', 'status', 'session_state_changed'])

function noticeOf ({ subtype, reason, error, attempt }: Fields): string {
  const more = text(reason) || text(error)
  return text(subtype).replaceAll('_', ' ') + (typeof attempt === 'number' ? ` ${attempt}` : '') + (more && `: ${more}`)
}

function readBlocks (frame: Fields): Step[] {
  if (typeof frame.text === 'string') return [{ kind: 'text', text: frame.text }]
  const { content } = fields(frame.message)
  // What a helper of the agent says is not its answer.
  const said = typeof frame.parent_tool_use_id === 'string' ? 'thought' : 'text'
  return !Array.isArray(content)
    ? []
    : content.flatMap((one: unknown): Step[] => {
      const block = fields(one)
      switch (block.type) {
        case 'text': return frame.type === 'user' ? [] : [{ kind: said, text: text(block.text) }]
        case 'thinking': return [{ kind: 'thought', text: text(block.thinking) }]
        case 'tool_use': return [{ kind: 'tool', id: text(block.id), name: text(block.name), input: block.input }]
        case 'tool_result': return [{ kind: 'result', id: text(block.tool_use_id), text: plain(block.content), failed: block.is_error === true }]
        default: return []
      }
    })
}

function readUpdate (update: Fields): Step[] {
  const helper = typeof fields(fields(update._meta).claudeCode).parentToolUseId === 'string'
  const id = text(update.toolCallId)
  switch (update.sessionUpdate) {
    case 'agent_message_chunk': return [{ kind: helper ? 'thought' : 'text', text: plain(update.content) }]
    case 'agent_thought_chunk': return [{ kind: 'thought', text: plain(update.content) }]
    case 'tool_call': return [{ kind: 'tool', id, name: text(update.title) || text(update.kind) || 'tool', input: update.rawInput }]
    case 'tool_call_update': return [{ kind: 'result', id, text: plain(update.content ?? update.rawOutput), failed: update.status === 'failed' }]
    default: return []
  }
}

const fields = (value: unknown): Fields => typeof value === 'object' && value !== null ? value as Fields : {}
const text = (value: unknown) => typeof value === 'string' ? value : ''

/** The text of a content, however deep it lies. */
function plain (content: unknown): string {
  if (typeof content === 'string') return content
  if (Array.isArray(content)) return content.map(plain).filter(Boolean).join('\n')
  const { text: own, content: inner, ...rest } = fields(content)
  if (typeof own === 'string') return own
  if (inner !== undefined) return plain(inner)
  return Object.keys(rest).length > 0 ? JSON.stringify(rest, null, 2) : ''
}
