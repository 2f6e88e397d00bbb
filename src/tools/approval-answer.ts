import { Type } from '@sinclair/typebox'
import { Approval, ApprovalId, Decision, ToolInput } from '../../schemas/approval.ts'
import { defineTool } from '../tool.ts'

export const approvalAnswer = defineTool({
  name: 'approval_answer',
  title: 'Answer a permission question',
  description: 'Decide whether an agent may use the tool it asks for. The first decision holds; a later one is refused with the state.',
  permission: 'approve',
  hints: { destructive: true },
  http: { method: 'POST', url: '/approvals/:approvalId' },
  input: Type.Object({
    approvalId: ApprovalId,
    decision: Decision,
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 4000, description: 'Kept; where it is denied, the agent is told' })),
    input: Type.Optional(ToolInput('In the place of what the agent wants to give the tool, whole; with allow or allow_session'))
  }, { additionalProperties: false }),
  output: Approval.properties,
  team: ({ approvalId }, { approvals }) => approvals.get(approvalId).team,

  handler: ({ approvalId, ...how }, { caller, approvals }) => approvals.answer(approvalId, how, caller.name)
})
