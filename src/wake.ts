import type { Services } from './tool.ts'

/** Brings the agent of a pair to life, and lets it rest at once. Throws TeamNotFoundError, AgentError, PoolFullError. */
export async function wake (team: string, from: string, { teams, sessions, pool, clock, config }: Services) {
  const start = clock.now()
  teams.ready(team)
  const session = sessions.open(from, team)
  const living = await pool.acquire(session, { within: config().settings.spawnTimeout })
  try {
    return { team, status: 'awake' as const, sessionId: session.id, pid: living.pid!, duration: clock.now() - start }
  } finally {
    pool.release(living)
  }
}
