import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { ErrorBody } from './error.ts'

/** What a client gives a request, to know what belongs to it. */
export const FrameId = Type.Union([Type.String({ maxLength: 128 }), Type.Number()], { description: 'The client\'s own; it comes back on everything that the request causes' })

/** One frame on the WebSocket, JSON text: `data` by the name of its event. */
export const frame = <T extends TSchema>(event: string, data: T, more: Record<string, TSchema> = {}) =>
  Type.Object({ event: Type.Literal(event), data, ...more, id: Type.Optional(FrameId) }, { additionalProperties: false })

export const Health = Type.Object({
  totalProcesses: Type.Integer({ description: 'Places taken' }),
  maxProcesses: Type.Integer(),
  running: Type.Integer({ description: 'Tells that are answered now' }),
  queued: Type.Integer({ description: 'Tells that wait' }),
  uptime: Type.Integer({ description: 'ms' }),
  timestamp: Type.Integer({ description: 'Unix ms' })
}, { additionalProperties: false })
export type Health = Static<typeof Health>

/** The first frame of a client that could set no header. */
export const Auth = frame('auth', Type.Object({ token: Type.String({ description: 'A key' }) }))

/** What the server says beside results and stored events. */
export const NOTICES = {
  hello: {
    title: 'The server is ready to be asked',
    schema: frame('hello', Type.Object({ version: Type.String(), head: Type.Integer({ description: 'The seq of the newest event' }) }))
  },
  caught_up: {
    title: 'All that was missed before a resume has been sent; what follows is live',
    schema: frame('caught_up', Type.Object({ seq: Type.Integer({ description: 'The last event that was missed' }) }))
  },
  'health:check': { title: 'How the server does, after health:subscribe, with every ping', schema: frame('health:check', Health) },
  error: { title: 'A request was refused or failed, or the frame was malformed', schema: frame('error', ErrorBody) }
}
