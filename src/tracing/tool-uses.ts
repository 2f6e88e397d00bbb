import type { Message } from '../../schemas/message.ts'

/** A tool call of an agent, at its beginning or its end. */
export interface ToolUse {
  callId: string
  /** Of the tool; absent at the end. */
  name?: string
  ended: boolean
  failed: boolean
}

interface Block { type?: unknown, id?: unknown, name?: unknown, tool_use_id?: unknown, is_error?: unknown }
/** Of the frames that agents speak, Claude's and ACP's, what says that a tool is used. */
interface Frame {
  message?: { content?: Block[] | string }
  sessionUpdate?: unknown
  toolCallId?: unknown
  name?: unknown
  kind?: unknown
  _meta?: { claudeCode?: { toolName?: unknown } } | null
  status?: unknown
}

const word = (value: unknown) => typeof value === 'string' ? value.slice(0, 100) : 'tool'

/** What a message of the cache says of tool calls: their names and ids, nothing of what they were given or gave. */
export function toolUsesOf ({ type, data }: Message): ToolUse[] {
  if ((type !== 'assistant' && type !== 'tool') || typeof data !== 'object' || data === null) return []
  const { message, sessionUpdate, toolCallId, name, kind, status, _meta: meta } = data as Frame
  if (typeof toolCallId === 'string') {
    const ended = status === 'completed' || status === 'failed'
    if (sessionUpdate === 'tool_call') return [{ callId: toolCallId, name: word(name ?? meta?.claudeCode?.toolName ?? kind), ended, failed: status === 'failed' }]
    return ended ? [{ callId: toolCallId, ended, failed: status === 'failed' }] : []
  }
  const blocks = Array.isArray(message?.content) ? message.content : []
  return blocks.flatMap(({ type, id, name, tool_use_id: of, is_error: failed }): ToolUse[] => {
    if (type === 'tool_use' && typeof id === 'string') return [{ callId: id, name: word(name), ended: false, failed: false }]
    if (type === 'tool_result' && typeof of === 'string') return [{ callId: of, ended: true, failed: failed === true }]
    return []
  })
}
