import { Type } from '@sinclair/typebox'
import { TeamName } from '../../schemas/team.ts'
import { defineTool, reach, type Call, type Tool } from '../../src/tool.ts'
import type { RoomsOptions, Subscriber } from './rooms.ts'

/** `approval:subscribe` and its undoing: for those who decide, without reading what is said in the sessions. */
export function approvalRoomTools ({ checkTeam }: Pick<RoomsOptions, 'checkTeam'>): readonly Tool[] {
  const output = { room: Type.String(), subscribed: Type.Boolean() }
  const input = Type.Object({
    team: { ...TeamName, pattern: `^\\*$|${TeamName.pattern!}`, description: 'A team name, or `*` for all teams the key reaches' }
  }, { additionalProperties: false })
  const nowhere = { method: 'POST', url: '' } as const
  const subscriberOf = (call: Call) => (call as Call & { subscriber: Subscriber }).subscriber
  const roomOf = (team: string) => `approval:${team}`

  const approvalSubscribe = defineTool({
    name: 'approval_subscribe',
    title: 'Hear the permission questions of a team',
    description: 'From now on approval:requested and approval:resolved of this team, or of all.',
    permission: 'approve',
    http: nowhere,
    input,
    output,
    team: null, // `*` names none; the handler judges one that is named
    handler ({ team }, call) {
      const { rooms, caller } = subscriberOf(call)
      if (team !== '*') {
        reach(call.caller, team)
        checkTeam(team)
      }
      const reaches = (name: string, { teams } = caller()) => teams === null || teams.has(name)
      const room = roomOf(team)
      rooms.join(room, now => approvalSubscribe.permits(now) && (team === '*' || reaches(team, now)),
        ({ name, team }) => name.startsWith('approval:') && reaches(team), team === '*' ? 'all' : `team:${team}`)
      return { room, subscribed: true }
    }
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
    handler ({ team }, call) {
      subscriberOf(call).rooms.leave(roomOf(team))
      return { room: roomOf(team), subscribed: false }
    }
  })
  return [approvalSubscribe, approvalUnsubscribe]
}
