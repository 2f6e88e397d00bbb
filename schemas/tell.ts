import { Type, type Static } from '@sinclair/typebox'
import { AttachmentInfo } from './attachment.ts'
import { ErrorBody } from './error.ts'
import { OneOf } from './one-of.ts'
import { SessionId } from './session.ts'
import { TeamName } from './team.ts'

export const TellId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  description: 'Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time'
})
export type TellId = Static<typeof TellId>

/** queued → running → one of the rest. `lost`: the server died while it ran, and nobody can say how it ended. */
export const TellState = OneOf(['queued', 'running', 'completed', 'failed', 'cancelled', 'expired', 'lost'])
export type TellState = Static<typeof TellState>

/** What one tell consumed: this turn only, never a running total. */
export const Usage = Type.Object({
  inputTokens: Type.Integer(),
  outputTokens: Type.Integer(),
  cacheReadTokens: Type.Integer(),
  cacheWriteTokens: Type.Integer(),
  costUsd: Type.Optional(Type.Number({ description: 'US dollars, where the agent says' })),
  turns: Type.Optional(Type.Integer({ description: 'Model calls made' }))
}, { additionalProperties: false })
export type Usage = Static<typeof Usage>

/** The longest message, in UTF-16 units. Also bounded by the body limit of the transport. */
export const MAX_MESSAGE = 1_000_000
export const MessageText = Type.String({ minLength: 1, maxLength: MAX_MESSAGE, description: 'What to say to the team' })

/** The form that an answer is to have. */
export const AnswerSchema = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description: 'A JSON Schema of an object: the answer comes in this form too, as `structured`. An agent that takes a form at its start only is started again, with its conversation; what it did in the background ends' })
/** The answer in the form that was asked for. */
export const Structured = Type.Unsafe<unknown>({ description: 'The answer in the form of the `schema` that the tell came with' })

export const Tell = Type.Object({
  tellId: TellId,
  sessionId: SessionId,
  from: TeamName,
  to: TeamName,
  state: TellState,
  message: Type.String(),
  response: Type.String({ description: 'The answer; while the tell runs, the answer so far' }),
  structured: Type.Optional(Structured),
  attachments: Type.Optional(Type.Array(AttachmentInfo)),
  error: Type.Optional(ErrorBody),
  usage: Type.Optional(Usage),
  parentId: Type.Optional({ ...TellId, description: 'The tell in whose turn the speaker sent this one, where that is known' }),
  depth: Type.Integer({ description: 'How many tells are above it' }),
  createdAt: Type.Integer({ description: 'Unix ms' }),
  startedAt: Type.Optional(Type.Integer({ description: 'Unix ms' })),
  endedAt: Type.Optional(Type.Integer({ description: 'Unix ms' })),
  duration: Type.Optional(Type.Integer({ description: 'From acceptance to the end, ms' }))
}, { additionalProperties: false })
export type Tell = Static<typeof Tell>

export const TERMINAL: ReadonlySet<TellState> = new Set(['completed', 'failed', 'cancelled', 'expired', 'lost'])
