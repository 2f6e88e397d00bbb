import { Type } from '@sinclair/typebox'
import { CacheEntry } from '../../schemas/message.ts'
import { SessionId } from '../../schemas/session.ts'
import { defineTool } from '../tool.ts'

export const cacheRead = defineTool({
  name: 'cache_read',
  title: 'Read what was said',
  description: 'Every message of one session in order, oldest first: what was told, what the agent said, its tool calls and their results.',
  permission: 'cache:read',
  http: { method: 'GET', url: '/cache/:sessionId', aliases: ['/cache/:sessionId/read'] },
  input: Type.Object({
    sessionId: SessionId,
    includeMessages: Type.Boolean({ default: true, description: 'false: only the stats' }),
    after: Type.Integer({ minimum: 0, default: 0, description: 'Only entries with a greater seq' }),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 })
  }, { additionalProperties: false }),
  output: {
    sessionId: SessionId,
    entries: Type.Array(CacheEntry),
    stats: Type.Object({
      entries: Type.Integer(),
      firstAt: Type.Optional(Type.Integer({ description: 'Unix ms' })),
      lastAt: Type.Optional(Type.Integer({ description: 'Unix ms' }))
    }, { additionalProperties: false, description: 'Of the whole cache of this session' }),
    next: Type.Optional(Type.Integer({ description: 'The `after` of the next page; absent on the last one' }))
  },
  team: ({ sessionId }, { sessions }) => sessions.get(sessionId).to,

  handler ({ sessionId, includeMessages, after, limit }, { cache }) {
    const { entries: count, firstAt, lastAt } = cache.stats(sessionId)
    const { entries, more } = includeMessages ? cache.read(sessionId, after, limit) : { entries: [], more: false }
    return {
      sessionId,
      entries,
      stats: { entries: count, ...(firstAt !== null && { firstAt }), ...(lastAt !== null && { lastAt }) },
      ...(more && { next: entries.at(-1)!.seq })
    }
  }
})
