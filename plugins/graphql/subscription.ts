import { Type } from '@sinclair/typebox'
import { OneOf } from '../../schemas/one-of.ts'
import { Rooms } from '../../schemas/room.ts'
import { defineTool, type Call, type Tool } from '../../src/tool.ts'

/** Who subscribes: its calls have it beside what every call has. */
export interface Subscriber {
  begin (after: number | undefined, rooms: readonly string[] | undefined): { verdict: 'ok' | 'gap', from: number, head: number }
}

/** A tool, so that who may and what is malformed is judged, and worded, as everywhere; it has no route, since what it begins is a stream. */
export function eventStreamTool (): Tool {
  return defineTool({
    name: 'event_stream',
    title: 'Hear what happens',
    description: 'First Resumed, then what happened after `after`, once and in order, then CaughtUp, then what comes. Without `after` it begins with what comes. ' +
      'Who comes back gives the last seq it has. One that does not read is closed (1013) and comes back so.',
    permission: ['cache:read', 'status', 'approve'],
    http: { method: 'POST', url: '' },
    input: Type.Object({
      after: Type.Optional(Type.Integer({ minimum: 0, description: 'The last seq that was received' })),
      rooms: Type.Optional(Rooms)
    }, { additionalProperties: false }),
    output: {
      verdict: OneOf(['ok', 'gap'], { description: 'gap: events after `after` are not kept any more, or the log is another; it begins at `from`' }),
      from: Type.Integer(),
      head: Type.Integer({ description: 'The number of the newest event of all' })
    },
    team: null, // the rooms are judged as they are joined
    handler: ({ after, rooms }, call) => (call as Call & { subscriber: Subscriber }).subscriber.begin(after, rooms)
  })
}
