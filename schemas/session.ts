import { Type, type Static } from '@sinclair/typebox'
import { OneOf } from './one-of.ts'

export const SessionId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  description: 'Session id, a UUID in lower case'
})
export type SessionId = Static<typeof SessionId>

/** asleep → waking → idle ⇄ busy → asleep; `waiting` is busy with a question open. Derived from the living process. */
export const SessionState = OneOf(['asleep', 'waking', 'idle', 'busy', 'waiting'])
export type SessionState = Static<typeof SessionState>

export const LimitedUntil = Type.Optional(Type.Integer({ description: 'Until when the team\'s model service takes no more, Unix ms: its tells wait, and go on by themselves' }))

/** A checkout of the team's repository that one session works in. */
export const Worktree = Type.Object({
  path: Type.String({ description: 'Absolute' }),
  branch: Type.String()
}, { additionalProperties: false })

/** One lasting conversation of an ordered pair. */
export const Session = Type.Object({
  sessionId: SessionId,
  from: Type.String({ description: 'Who speaks' }),
  to: Type.String({ description: 'The team that answers' }),
  state: SessionState,
  since: Type.Integer({ description: 'When it entered this state, Unix ms' }),
  reason: Type.String(),
  limitedUntil: LimitedUntil,
  current: Type.Boolean({ description: 'false once it was reset: its cache is kept, new tells go to its successor' }),
  queued: Type.Integer({ description: 'Tells waiting for their turn' }),
  pid: Type.Optional(Type.Integer()),
  agentVersion: Type.Optional(Type.String({ description: 'The version the agent last said it is' })),
  forkedFrom: Type.Optional({ ...SessionId, description: 'The session whose history it began with' }),
  worktree: Type.Optional(Worktree),
  createdAt: Type.Integer({ description: 'Unix ms' }),
  lastUsedAt: Type.Integer({ description: 'Unix ms' })
}, { additionalProperties: false })
export type Session = Static<typeof Session>
