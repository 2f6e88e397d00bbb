import { Type, type Static, type TProperties } from '@sinclair/typebox'
import { Approval } from './approval.ts'
import { ErrorBody } from './error.ts'
import { Message } from './message.ts'
import { SessionId } from './session.ts'
import { TeamName } from './team.ts'
import { TellId, Tell } from './tell.ts'

const event = <const N extends string, P extends TProperties>(name: N, description: string, data: P) =>
  Type.Object({ event: Type.Literal(name), data: Type.Object(data, { additionalProperties: false }) }, { description })

const ofTell = { tellId: TellId, sessionId: SessionId, team: TeamName }
const ofSession = { sessionId: SessionId, team: TeamName }

export const CacheMessage = event('cache:message', 'Something was said in a session', { ...ofSession, tellId: Type.Optional(TellId), message: Message })
export const ProcessSpawned = event('process:spawned', 'An agent is awake', { ...ofSession, pid: Type.Optional(Type.Integer()) })
export const ProcessTerminated = event('process:terminated', 'An agent has ended', {
  ...ofSession, reason: Type.String(), exitCode: Type.Optional(Type.Integer()), signal: Type.Optional(Type.String())
})
export const ProcessError = event('process:error', 'An agent could not be started', { ...ofSession, error: ErrorBody })
export const TellStarted = event('tell:started', 'A tell is accepted; `ahead` tells of the same session run before it', { ...ofTell, from: TeamName, ahead: Type.Integer() })
export const TellChunk = event('tell:chunk', 'A piece of an answer: it goes to `offset` (UTF-16 units). An offset before the end replaces what followed: the agent began that passage again', { ...ofTell, offset: Type.Integer(), chunk: Type.String() })
export const TellComplete = event('tell:complete', 'A tell is answered, whole', { ...ofTell, ...Type.Pick(Tell, ['from', 'response', 'structured', 'usage', 'duration']).properties })
export const TellError = event('tell:error', 'A tell has ended without an answer', { ...ofTell, state: Tell.properties.state, response: Type.String(), error: ErrorBody })

const approval = { ...ofSession, ...Type.Pick(Approval, ['approvalId', 'tellId', 'tool']).properties }
export const ApprovalRequested = event('approval:requested', 'An agent waits for a person to decide', { ...approval, ...Type.Pick(Approval, ['input', 'description', 'expiresAt']).properties })
export const ApprovalResolved = event('approval:resolved', 'A permission question is decided: by a person, the policy (without having been requested), the deadline or its end', {
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
