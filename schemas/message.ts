import { Type, type Static } from '@sinclair/typebox'
import { OneOf } from './one-of.ts'

/**
 * `user` what was told · `assistant` what the agent said or asked of a tool, whole · `tool` what a tool gave back ·
 * `permission` a question of the agent and how it was decided · `system` notices (retries, background work, a new conversation) ·
 * `result` how a turn ended, with usage.
 */
export const MessageType = OneOf(['user', 'assistant', 'tool', 'permission', 'system', 'result'])
export type MessageType = Static<typeof MessageType>

/** One thing that was said in a session. `data` is the agent's own frame, or ours for `user` and `permission`. */
export const Message = Type.Object({
  timestamp: Type.Integer({ description: 'Unix ms' }),
  type: MessageType,
  data: Type.Unknown(),
  parent: Type.Optional(Type.String({ description: 'The tool call whose sub-agent says it: a `tool_use` of an earlier message. Absent for the agent itself' }))
}, { additionalProperties: false })
export type Message = Static<typeof Message>

export const CacheEntry = Type.Object({
  seq: Type.Integer({ description: 'Its place on the number line of all events: the cursor' }),
  tellId: Type.Optional(Type.String({ description: 'The tell it belongs to; absent for what the agent did unasked' })),
  ...Message.properties
}, { additionalProperties: false })
export type CacheEntry = Static<typeof CacheEntry>
