import { Type, type Static } from '@sinclair/typebox'
import { OneOf } from './one-of.ts'
import { SessionId } from './session.ts'
import { TeamName } from './team.ts'
import { TellId } from './tell.ts'

export const ApprovalId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  description: 'Approval id, a UUID in lower case'
})
export type ApprovalId = Static<typeof ApprovalId>

/** pending → one of the rest, once. `expired`: nobody decided in time, or the agent that asked is gone; that denies. */
export const ApprovalState = OneOf(['pending', 'allowed', 'denied', 'expired'])
export type ApprovalState = Static<typeof ApprovalState>

export const Decision = OneOf(['allow', 'allow_session', 'deny'], {
  description: 'allow_session: this tool is not asked about again in this session, as long as the server runs'
})
export type Decision = Static<typeof Decision>

/** What an agent's tool is given. */
export const ToolInput = (description: string) => Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description })

/** An agent's question whether it may use a tool. */
export const Approval = Type.Object({
  approvalId: ApprovalId,
  sessionId: SessionId,
  team: TeamName,
  tellId: Type.Optional({ ...TellId, description: 'The tell it belongs to; absent for what the agent does unasked' }),
  tool: Type.String(),
  input: ToolInput('What the tool is to be given'),
  description: Type.Optional(Type.String({ description: 'What the agent says it is for' })),
  state: ApprovalState,
  decision: Type.Optional(Decision),
  by: Type.Optional(Type.String({ description: '`key:<name>`, `policy`, `deadline`, or `end` where the agent or the turn that asked is gone' })),
  reason: Type.Optional(Type.String()),
  rule: Type.Optional(Type.String({ description: 'What of the policy decided, or had people asked' })),
  updatedInput: Type.Optional(ToolInput('What the tool was given in the place of `input`')),
  createdAt: Type.Integer({ description: 'Unix ms' }),
  expiresAt: Type.Optional(Type.Integer({ description: 'Then it is denied, Unix ms; absent where it waits for ever, or never waited' })),
  decidedAt: Type.Optional(Type.Integer({ description: 'Unix ms' }))
}, { additionalProperties: false })
export type Approval = Static<typeof Approval>
