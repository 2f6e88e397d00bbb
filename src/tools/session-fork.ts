import { Type } from '@sinclair/typebox'
import { Session, SessionId } from '../../schemas/session.ts'
import { TeamName } from '../../schemas/team.ts'
import { SessionBusyError } from '../errors.ts'
import { readsAll } from '../own-tells.ts'
import { viewSession } from '../session-view.ts'
import { defineTool, speaker } from '../tool.ts'

/** What a team name may be long. */
const LONGEST = 64

export const sessionFork = defineTool({
  name: 'session_fork',
  title: 'Fork a conversation',
  description: 'Begin a second conversation with the same team that shares the history so far, up to the last turn that was completed; from there on the two know nothing of each other. It has a speaker of its own: tell the team as that one to go on with it. Forking the conversation of a name that the key may not speak as needs the permission `cache:read`.',
  permission: 'wake',
  http: { method: 'POST', url: '/sessions/:sessionId/fork' },
  refusals: [409],
  input: Type.Object({
    sessionId: SessionId,
    as: Type.Optional({ ...TeamName, description: 'Who speaks in the new one: a name that has no conversation with this team. Without it, the old name with `-fork-1`, or the next number that is free' })
  }, { additionalProperties: false }),
  output: { session: Session },
  team: ({ sessionId }, { sessions }) => sessions.get(sessionId).to,

  handler ({ sessionId, as }, call) {
    const { sessions, pool, tells, log, clock, caller } = call
    const source = sessions.get(sessionId)
    const { to } = source
    // Who speaks in the fork can have the agent say what it heard in the source.
    if (!readsAll(caller)) speaker(caller, source.from)
    const from = speaker(caller, as ?? freeName(source.from, name => sessions.find(name, to) === undefined))

    const details = { sessionId }
    const { state } = pool.state(source)
    if (tells.load(sessionId) > 0 || state === 'busy' || state === 'waiting') throw new SessionBusyError('This session is busy. Wait for its tells, or cancel them', { details })
    // Not all agents name the place at which a turn was completed.
    const own = source.resumable && (source.place !== null || tells.list({ sessionId, state: 'completed' }, { limit: 1 }).rows.length > 0)
    if (!own && source.forkConversation === null) throw new SessionBusyError(`This session has no history to share: ${source.resumable ? 'no turn of it was completed' : 'its agent was never told anything'}`, { details })
    const taken = sessions.find(from, to)
    if (taken !== undefined) throw new SessionBusyError(`'${from}' has a conversation with '${to}' already. Fork as another name, or reset or delete that one`, { details: { sessionId: taken.id } })

    const seq = log.head()
    const { session, keep } = sessions.fork(source, from, own)
    const data = { subtype: 'forked', forkedFrom: sessionId, from: source.from, seq, message: `Begins with what '${source.from}' and the agent have said up to here` }
    log.append({ event: 'cache:message', data: { sessionId: session.id, team: to, message: { timestamp: clock.now(), type: 'system', data } } }, keep)
    return { session: viewSession(session, call) }
  }
})

/** The name with the first number that is free, cut where it would be too long. */
function freeName (name: string, isFree: (name: string) => boolean): string {
  for (let n = 1; ; n++) {
    const suffix = `-fork-${n}`
    const made = name.slice(0, LONGEST - suffix.length) + suffix
    if (isFree(made)) return made
  }
}
