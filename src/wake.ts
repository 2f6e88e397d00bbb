import { SessionNotFoundError } from './errors.ts'
import type { Services } from './tool.ts'

/** Brings the agent of a pair to life, and lets it rest at once. Throws TeamNotFoundError, AgentError, PoolFullError. */
export async function wake (team: string, from: string, { teams, sessions, pool, clock, config }: Services) {
  const start = clock.now()
  teams.ready(team)
  const within = config().settings.spawnTimeout
  const acquire = () => pool.acquire(sessions.open(from, team), { within })
  // A session that is reset or deleted in this very moment has a successor.
  const living = await acquire().catch((err: unknown) => err instanceof SessionNotFoundError ? acquire() : Promise.reject(err as Error))
  try {
    return { team, status: 'awake' as const, sessionId: living.sessionId, ...(living.pid !== undefined && { pid: living.pid }), duration: clock.now() - start }
  } finally {
    pool.release(living)
  }
}
