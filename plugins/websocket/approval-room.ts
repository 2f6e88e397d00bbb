import { Type } from '@sinclair/typebox'
import { TeamName } from '../../schemas/team.ts'
import { defineTool, type Call, type Tool } from '../../src/tool.ts'

/** Joins a room, or leaves it. */
type Change = (room: string, call: Call) => { room: string, subscribed: boolean }

/** `approval:subscribe` and its undoing: for those who decide, without reading what is said in the sessions. */
export function approvalRoomTools (hear: Change, left: Change): readonly Tool[] {
  const output = { room: Type.String(), subscribed: Type.Boolean() }
  const input = Type.Object({
    team: { ...TeamName, pattern: `^\\*$|${TeamName.pattern!}`, description: 'A team name, or `*` for all teams the key reaches' }
  }, { additionalProperties: false })
  const nowhere = { method: 'POST', url: '' } as const

  const approvalSubscribe = defineTool({
    name: 'approval_subscribe',
    title: 'Hear the permission questions of a team',
    description: 'From now on approval:requested and approval:resolved of this team, or of all.',
    permission: 'approve',
    http: nowhere,
    input,
    output,
    team: null, // the room is judged as it is joined
    handler: ({ team }, call) => hear(`approval:${team}`, call)
  })
  const approvalUnsubscribe = defineTool({
    name: 'approval_unsubscribe',
    title: 'Stop hearing the permission questions of a team',
    description: 'Undoes approval:subscribe.',
    permission: 'approve',
    http: nowhere,
    input,
    output,
    team: null,
    handler: ({ team }, call) => left(`approval:${team}`, call)
  })
  return [approvalSubscribe, approvalUnsubscribe]
}
