import type { Tell } from '../schemas/tell.ts'
import type { Published } from './bus/bus.ts'
import { ForbiddenError } from './errors.ts'
import { isOver } from './tells.ts'
import { reach, type Call, type Caller } from './tool.ts'

/** A room of the bus, and what of it a caller wants and may hear. */
export interface Interest {
  room: string
  wants (published: Published): boolean
}

const isProcess = ({ name }: Published) => name.startsWith('process:')
const isApproval = ({ name }: Published) => name.startsWith('approval:')
const holds = ({ permissions }: Caller, permission: 'status' | 'cache:read' | 'approve') => permissions.has('admin') || permissions.has(permission)

/**
 * What a caller hears: of the rooms named (`session:<id>`, `team:<name>`, `team:*`), else all it may. A session's room is what is
 * said in it, with cache:read; a team's is its processes, with status. Throws ForbiddenError, SessionNotFoundError, TeamNotFoundError.
 */
export function interests (rooms: readonly string[] | undefined, { caller, sessions, teams }: Pick<Call, 'caller' | 'sessions' | 'teams'>): Interest[] {
  const reaches = (team: string) => caller.teams === null || caller.teams.has(team)
  const need = (permission: 'status' | 'cache:read') => {
    if (!holds(caller, permission)) throw new ForbiddenError(`This key lacks the permission '${permission}'`)
  }
  if (rooms === undefined) {
    return [{ room: 'all', wants: published => reaches(published.team) && (holds(caller, isProcess(published) ? 'status' : 'cache:read') || (isApproval(published) && holds(caller, 'approve'))) }]
  }
  return rooms.map(room => {
    const name = room.slice(room.indexOf(':') + 1)
    if (room.startsWith('session:')) {
      need('cache:read')
      reach(caller, sessions.get(name).to)
      return { room, wants: published => published.sessionId === name && !isProcess(published) }
    }
    need('status')
    if (name === '*') return { room: 'all', wants: published => isProcess(published) && reaches(published.team) }
    reach(caller, name)
    teams.get(name)
    return { room, wants: published => published.team === name && isProcess(published) }
  })
}

/**
 * Tells the caller of a tell what its agent asks people: what waits for an answer now, each question to come, and what is
 * decided, until the tell has ended or the returned function is called. As in the rooms, who may neither decide nor read
 * what is said in the session hears nothing of it.
 */
export function hearQuestions (tell: Pick<Tell, 'tellId' | 'sessionId' | 'state'>, { caller, log, approvals, emit }: Pick<Call, 'caller' | 'log' | 'approvals' | 'emit'>): () => void {
  if (isOver(tell) || (!holds(caller, 'approve') && !holds(caller, 'cache:read'))) return () => {}
  const stop = log.subscribe(`session:${tell.sessionId}`, ({ name, event }) => {
    if (!/^approval:|^tell:(complete|error)$/.test(name) || !('tellId' in event.data) || event.data.tellId !== tell.tellId) return
    if (event.event === 'approval:requested' || event.event === 'approval:resolved') emit(event)
    else stop()
  })
  for (const data of approvals.waiting(tell.tellId)) emit({ event: 'approval:requested', data })
  return stop
}
