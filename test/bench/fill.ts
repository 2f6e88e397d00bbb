import { randomUUID } from 'node:crypto'
import { openStore } from '../../src/store/sqlite.ts'

/** Events written as one. */
const BATCH = 1_000

/** Sessions with the team `echo` that have no process, in a data directory that no server has open, and what one of them has heard. Resolves to its id. */
export function fill (home: string, { sessions, events }: { sessions: number, events: number }): string {
  const store = openStore(home)
  const now = Date.now()
  try {
    const ids = Array.from({ length: sessions }, () => randomUUID())
    store.transaction(() => {
      for (const [n, id] of ids.entries()) {
        store.sessions.insert({
          id,
          from: `speaker-${n}`,
          to: 'echo',
          conversation: randomUUID(),
          resumable: false,
          place: null,
          forkedFrom: null,
          forkConversation: null,
          forkPlace: null,
          current: true,
          agentVersion: null,
          costSoFar: 0,
          createdAt: now,
          lastUsedAt: now,
          asleepSince: now,
          asleepReason: 'idle'
        })
      }
    })
    const sessionId = ids[0]!
    const tellId = randomUUID()
    const text = 'x'.repeat(100)
    for (let left = events; left > 0; left -= BATCH) {
      store.transaction(() => {
        for (let n = Math.min(left, BATCH); n > 0; n--) {
          store.events.append({ event: 'cache:message', data: { sessionId, team: 'echo', tellId, message: { timestamp: now, type: 'assistant', data: { content: [{ type: 'text', text }] } } } }, now)
        }
      })
    }
    return sessionId
  } finally {
    store.close()
  }
}
