import { Type } from '@sinclair/typebox'
import { Approval, ApprovalId, Decision, ToolInput } from '../../schemas/approval.ts'
import { defineTool } from '../tool.ts'

/** Of what an agent wants to give its tool, so much is shown, characters. */
const SHOWN = 4000

export const approvalAnswer = defineTool({
  name: 'approval_answer',
  title: 'Answer a permission question',
  description: 'Decide whether an agent may use the tool it asks for. The first decision holds; a later one is refused with the state.',
  permission: 'approve',
  hints: { destructive: true },
  http: { method: 'POST', url: '/approvals/:approvalId' },
  refusals: [409],
  answers: {
    asked: 'approval:requested',
    decided: 'approval:resolved',
    id: 'approvalId',
    form: ['decision', 'reason'],
    declined: { decision: 'deny', reason: 'The person who was asked declined' },
    words ({ team, tool, input, description }) {
      const given = JSON.stringify(input, null, 2)
      const rest = given.length - SHOWN
      return visible(`The agent of '${team}' asks whether it may use ${tool} with:\n${given.slice(0, SHOWN)}` +
        (rest > 0 ? `\n… and ${rest} characters more that are not shown here` : '') +
        (description === undefined ? '' : `\nIt says of it: ${JSON.stringify(description)}`))
    }
  },
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

/** What could make the text look like another one (the direction of writing, letters without width, terminal codes) is spelled out. */
const visible = (text: string) => text.replaceAll(/[\p{Cf}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/gu, char => `\\u{${char.codePointAt(0)!.toString(16)}}`)
