import { Type } from '@sinclair/typebox'
import { SessionId } from '../../schemas/session.ts'
import { defineTool } from '../tool.ts'

export const cacheClear = defineTool({
  name: 'cache_clear',
  title: 'Clear what was said',
  description: 'Delete the cached messages of one session. The agent\'s own memory of the conversation is not touched: session_reset does that.',
  permission: 'cache:write',
  hints: { destructive: true, idempotent: true },
  http: { method: 'DELETE', url: '/cache/:sessionId' },
  input: Type.Object({ sessionId: SessionId }, { additionalProperties: false }),
  output: { sessionId: SessionId, cleared: Type.Integer({ description: 'Entries deleted' }) },
  team: ({ sessionId }, { sessions }) => sessions.get(sessionId).to,

  handler: ({ sessionId }, { cache }) => ({ sessionId, cleared: cache.clear(sessionId) })
})
