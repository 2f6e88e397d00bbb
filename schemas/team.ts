import { Type, type Static } from '@sinclair/typebox'
import { PlaceStatus } from './place.ts'
import { LimitedUntil, Session, SessionState } from './session.ts'

/** The identity of a team. Upper case is kept out, so that two teams never differ by case alone. */
export const TeamName = Type.String({
  pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$',
  description: 'Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64',
  examples: ['echo']
})
export type TeamName = Static<typeof TeamName>

export const AgentName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$', description: 'Which kind of agent works in the team\'s directory, e.g. claude', examples: ['echo'] })
export type AgentName = Static<typeof AgentName>

/** One session of a team, as its status shows it. */
export const TeamSession = Type.Pick(Session, ['sessionId', 'from', 'state', 'since', 'reason', 'limitedUntil', 'pid'], { additionalProperties: false })
export type TeamSession = Static<typeof TeamSession>

/** What a team is doing, derived from its living processes. */
export const TeamStatus = Type.Object({
  team: TeamName,
  awake: Type.Boolean({ description: 'Whether at least one agent of this team is awake' }),
  available: Type.Boolean({ description: 'Whether its directory is there, and the program of its agent' }),
  state: SessionState,
  since: Type.Integer({ description: 'When it entered this state, Unix ms' }),
  reason: Type.String(),
  place: Type.Optional({ ...PlaceStatus, description: 'Where its agents run, when that is another host or a container' }),
  limitedUntil: LimitedUntil,
  sessions: Type.Array(TeamSession)
}, { additionalProperties: false })
export type TeamStatus = Static<typeof TeamStatus>
