import { Type, type Static, type TProperties } from '@sinclair/typebox'
import { Approval } from './approval.ts'
import { ErrorBody } from './error.ts'
import { Message } from './message.ts'
import { SessionId } from './session.ts'
import { TeamName } from './team.ts'
import { TellId, Tell } from './tell.ts'

const event = <const N extends string, P extends TProperties>(name: N, data: P) =>
  Type.Object({ event: Type.Literal(name), data: Type.Object(data, { additionalProperties: false }) })

const ofTell = { tellId: TellId, sessionId: SessionId, team: TeamName }
const ofSession = { sessionId: SessionId, team: TeamName }

export const CacheMessage = event('cache:message', { ...ofSession, tellId: Type.Optional(TellId), message: Message })
export const ProcessSpawned = event('process:spawned', { ...ofSession, pid: Type.Integer() })
export const ProcessTerminated = event('process:terminated', {
  ...ofSession, reason: Type.String(), exitCode: Type.Optional(Type.Integer()), signal: Type.Optional(Type.String())
})
export const ProcessError = event('process:error', { ...ofSession, error: ErrorBody })
/** The tell is accepted and has its id; `ahead` tells of the same session run before it. */
export const TellStarted = event('tell:started', { ...ofTell, from: TeamName, ahead: Type.Integer() })
/**
 * `chunk` goes to `offset` (UTF-16 units) of the answer. An offset before the end replaces what followed:
 * the agent began that passage again.
 */
export const TellChunk = event('tell:chunk', { ...ofTell, offset: Type.Integer(), chunk: Type.String() })
export const TellComplete = event('tell:complete', { ...ofTell, ...Type.Pick(Tell, ['from', 'response', 'structured', 'usage', 'duration']).properties })
export const TellError = event('tell:error', { ...ofTell, state: Tell.properties.state, response: Type.String(), error: ErrorBody })

const approval = { ...ofSession, ...Type.Pick(Approval, ['approvalId', 'tellId', 'tool']).properties }
/** An agent waits for a person to decide. */
export const ApprovalRequested = event('approval:requested', { ...approval, ...Type.Pick(Approval, ['input', 'description', 'expiresAt']).properties })
/** It is decided: by a person, the policy (without having been requested), the deadline or its end. */
export const ApprovalResolved = event('approval:resolved', {
  ...approval, ...Type.Required(Type.Pick(Approval, ['state', 'decision', 'by'])).properties, ...Type.Pick(Approval, ['reason', 'rule', 'updatedInput', 'description']).properties
})

/** Everything that is stored and numbered. */
export const Event = Type.Union([
  CacheMessage, ProcessSpawned, ProcessTerminated, ProcessError, TellStarted, TellChunk, TellComplete, TellError,
  ApprovalRequested, ApprovalResolved
])
export type Event = Static<typeof Event>
export type EventName = Event['event']
export type EventOf<N extends EventName> = Extract<Event, { event: N }>

/** An event as the log holds it. */
export type StoredEvent = Event & {
  /** Its number: one line for the whole server, growing, with no repeats. */
  readonly seq: number
  /** Unix ms. */
  readonly at: number
}
