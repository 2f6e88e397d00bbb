import type { CacheEntry } from '../schemas/message.ts'
import type { CacheStats, Store } from './store/store.ts'

/** What was said in each session: the `cache:message` events of the log. */
export interface Cache {
  /** After `after`, oldest first, `limit` at most, fewer where they are large. */
  read (sessionId: string, after: number, limit: number): { entries: CacheEntry[], more: boolean }
  stats (sessionId: string): CacheStats
  /** Returns how many entries there were. */
  clear (sessionId: string): number
}

export const createCache = ({ events }: Pick<Store, 'events'>): Cache => ({
  read: (sessionId, after, limit) => events.cache(sessionId, after, limit),
  stats: sessionId => events.cacheStats(sessionId),
  clear: sessionId => events.clearCache(sessionId)
})
