import type { Session } from '../schemas/session.ts'
import type { TeamSession, TeamStatus } from '../schemas/team.ts'
import type { SessionRow } from './store/store.ts'
import type { Services } from './tool.ts'

/** A session as the outside sees it: its row, and what its process is doing now. */
export function viewSession (row: SessionRow, { pool, tells, worktrees }: Pick<Services, 'pool' | 'tells' | 'worktrees'>): Session {
  const { id, from, to, current, agentVersion, forkedFrom, createdAt, lastUsedAt } = row
  const { state, since, reason, limitedUntil, pid } = stateOf(row, { pool, tells })
  const load = tells.load(id)
  const worktree = worktrees.find(to, id)
  return {
    sessionId: id,
    from,
    to,
    state,
    since,
    reason,
    ...(limitedUntil !== undefined && { limitedUntil }),
    current,
    queued: state === 'busy' || state === 'waiting' ? Math.max(0, load - 1) : load,
    ...(pid !== undefined && { pid }),
    ...(agentVersion !== null && { agentVersion }),
    ...(forkedFrom !== null && { forkedFrom }),
    ...(worktree !== undefined && { worktree }),
    createdAt,
    lastUsedAt
  }
}

/** What the session does, or what its tells wait for. */
function stateOf (row: SessionRow, { pool, tells }: Pick<Services, 'pool' | 'tells'>) {
  const state = pool.state(row)
  const hold = tells.load(row.id) > 0 && state.state !== 'busy' && state.state !== 'waiting' ? tells.hold(row.to) : undefined
  return { ...state, ...(hold && { reason: hold.reason, limitedUntil: hold.until }) }
}

/** The most awake first: what a team as a whole is said to be doing. */
const ORDER = ['waiting', 'busy', 'waking', 'idle', 'asleep'] as const

/** What a team does now, from its awake sessions, or of one speaker's session alone. */
export function viewTeam (name: string, fromTeam: string | undefined, call: Pick<Services, 'pool' | 'sessions' | 'teams' | 'tells'>): TeamStatus {
  const unavailable = call.teams.unavailable(call.teams.get(name))
  const place = call.teams.place(name)
  const rows = fromTeam === undefined
    ? call.pool.awake().filter(({ to }) => to === name)
    : [call.sessions.find(fromTeam, name)].filter(row => row !== undefined)
  const sessions = rows.map((row): TeamSession => ({ sessionId: row.id, from: row.from, ...stateOf(row, call) }))
  const hold = call.tells.hold(name)
  const lead = [...sessions].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))[0]
  return {
    team: name,
    awake: sessions.some(({ state }) => state !== 'asleep' && state !== 'waking'),
    available: unavailable === undefined,
    state: lead?.state ?? 'asleep',
    since: lead?.since ?? 0,
    ...(place !== undefined && { place }),
    reason: unavailable ?? hold?.reason ?? lead?.reason ?? 'no session is awake',
    ...(hold && { limitedUntil: hold.until }),
    sessions
  }
}
