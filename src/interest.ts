import type { Tell } from '../schemas/tell.ts'
import type { Published } from './bus/bus.ts'
import { ForbiddenError } from './errors.ts'
import { isOver } from './tells.ts'
import { holds, reach, type Call } from './tool.ts'

/** A room of the bus, and what of that a caller wants and may hear: the same function for all who hear the same. */
export interface Interest {
  room: string
  wants (published: Published): boolean
}

/** Whether it comes to this room of the bus, and is wanted there. */
export const isOf = ({ room, wants }: Interest, published: Published): boolean =>
  (room === 'all' || room === `session:${published.sessionId}` || room === `team:${published.team}`) && wants(published)

const isProcess = ({ name }: Published) => name.startsWith('process:')
const isSaid = (published: Published) => !isProcess(published)
const isApproval = ({ name }: Published) => name.startsWith('approval:')
const isEnd = ({ name }: Published) => name === 'tell:complete' || name === 'tell:error'

/**
 * What a caller hears: of the rooms named, else all it may. `session:<id>` is what is said in a session, with cache:read;
 * `team:<name>` its processes, with status; `approval:<name>` what its agents ask people, with approve; `*` stands for all
 * teams that the caller reaches. Throws ForbiddenError, SessionNotFoundError, TeamNotFoundError.
 */
export function interests (rooms: readonly string[] | undefined, { caller, sessions, teams }: Pick<Call, 'caller' | 'sessions' | 'teams'>): Interest[] {
  const reaches = (team: string) => caller.teams === null || caller.teams.has(team)
  const need = (permission: 'status' | 'cache:read' | 'approve') => {
    if (!holds(caller, permission)) throw new ForbiddenError(`This key lacks the permission '${permission}'`)
  }
  if (rooms === undefined) {
    return [{ room: 'all', wants: published => reaches(published.team) && (holds(caller, isProcess(published) ? 'status' : 'cache:read') || (isApproval(published) && holds(caller, 'approve'))) }]
  }
  return rooms.map(room => {
    const [kind] = room.split(':', 1)
    const name = room.slice(room.indexOf(':') + 1)
    if (kind === 'session') {
      need('cache:read')
      reach(caller, sessions.get(name).to)
      return { room, wants: isSaid }
    }
    const is = kind === 'approval' ? isApproval : isProcess
    need(kind === 'approval' ? 'approve' : 'status')
    if (name === '*') return { room: 'all', wants: published => is(published) && reaches(published.team) }
    reach(caller, name)
    teams.get(name)
    return { room: `team:${name}`, wants: is }
  })
}

/**
 * Tells the caller of a tell what its agent asks people: what waits for an answer now, each question to come, and what is
 * decided, until the tell has ended or the returned function is called. As in the rooms, who may neither decide nor read
 * what is said in the session hears nothing of it.
 */
export function hearQuestions (tell: Pick<Tell, 'tellId' | 'sessionId' | 'state'>, { caller, log, approvals, emit }: Pick<Call, 'caller' | 'log' | 'approvals' | 'emit'>): () => void {
  if (isOver(tell) || (!holds(caller, 'approve') && !holds(caller, 'cache:read'))) return () => {}
  const stop = log.subscribe(`session:${tell.sessionId}`, published => {
    if (!isApproval(published) && !isEnd(published)) return
    const { event } = published
    if (!('tellId' in event.data) || event.data.tellId !== tell.tellId) return
    if (event.event === 'approval:requested' || event.event === 'approval:resolved') emit(event)
    else stop()
  })
  for (const data of approvals.waiting(tell.tellId)) emit({ event: 'approval:requested', data })
  return stop
}
