import { Type } from '@sinclair/typebox'
import { Approval, ApprovalState } from '../../schemas/approval.ts'
import { Next, Paging } from '../../schemas/page.ts'
import { TeamName } from '../../schemas/team.ts'
import { defineTool, reach } from '../tool.ts'

export const approvalList = defineTool({
  name: 'approval_list',
  title: 'List the approvals',
  description: 'Permission questions of agents that the key reaches, newest first, with what was decided, by whom or by which rule. Those with the state pending wait for approval_answer.',
  permission: 'approve',
  http: { method: 'GET', url: '/approvals' },
  input: Type.Object({
    state: Type.Optional(ApprovalState),
    team: Type.Optional({ ...TeamName, description: 'Only those of this team\'s agents' }),
    ...Paging
  }, { additionalProperties: false }),
  output: { approvals: Type.Array(Approval), next: Next },
  team: null,

  handler ({ state, team, cursor, limit }, { caller, approvals }) {
    if (team !== undefined) reach(caller, team)
    const { rows, next } = approvals.list({
      ...(state !== undefined && { state }), ...(team !== undefined && { team }), ...(caller.teams !== null && { teams: [...caller.teams] })
    }, { limit, ...(cursor !== undefined && { cursor }) })
    return { approvals: rows, ...(next !== null && { next }) }
  }
})
