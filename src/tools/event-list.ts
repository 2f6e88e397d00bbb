import { Type } from '@sinclair/typebox'
import { OneOf } from '../../schemas/one-of.ts'
import { Rooms } from '../../schemas/room.ts'
import type { Published } from '../bus/bus.ts'
import { interests, isOf } from '../interest.ts'
import { defineTool, type Call } from '../tool.ts'

/** Events looked at in one call at the most, and characters of those returned: what is left is asked for next. */
const LOOKED = 5_000
const SIZE = 4 * 1024 * 1024

export const eventList = defineTool({
  name: 'event_list',
  title: 'List what happened',
  description: 'What happened since a cursor, in order: messages, answers as they grow, processes. With `wait` it answers as soon as something happens. ' +
    'Pass `resume.next` as the next `after`. The cursor is the same on the WebSocket (`resume`) and on /api/events/stream.',
  permission: ['cache:read', 'status'],
  http: { method: 'GET', url: '/events' },
  input: Type.Object({
    after: Type.Integer({ minimum: 0, default: 0, description: 'The seq of the last event that is known; 0: from the beginning' }),
    rooms: Type.Optional(Rooms),
    wait: Type.Integer({ minimum: 0, maximum: 600_000, default: 0, description: 'How long to wait for the first event, ms' }),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 })
  }, { additionalProperties: false }),
  output: {
    events: Type.Array(Type.Object({
      seq: Type.Integer(), at: Type.Integer({ description: 'Unix ms' }), event: Type.String(), data: Type.Unsafe<object>({ type: 'object', additionalProperties: true })
    }, { additionalProperties: false })),
    head: Type.Integer({ description: 'The number of the newest event of all' }),
    resume: Type.Object({
      verdict: OneOf(['ok', 'gap'], { description: 'gap: events after `after` are not kept any more, all or those of a session, or the log is another; the list begins at `from`' }),
      from: Type.Integer(),
      next: Type.Integer({ description: 'The next `after`' })
    }, { additionalProperties: false })
  },
  team: null,

  async handler ({ after, rooms, wait, limit }, call) {
    const wanted = interests(rooms, call)
    const wants = (published: Published) => wanted.some(one => isOf(one, published))
    const { verdict, from } = call.log.begin(after, wanted.map(({ room }) => room))
    let found = look(call, from, limit, wants)
    if (found.events.length === 0 && !found.more && wait > 0) {
      await news(call, Math.min(wait, call.patience ?? wait), wants)
      found = look(call, found.next, limit, wants)
    }
    return {
      events: found.events.map(({ event: { seq, at, event, data } }) => ({ seq, at, event, data })),
      head: call.log.head(),
      resume: { verdict, from, next: found.next }
    }
  }
})

function look ({ log }: Call, from: number, limit: number, wants: (published: Published) => boolean) {
  const events: Published[] = []
  let next = from
  let size = 0
  for (let looked = 0; looked < LOOKED;) {
    const page = log.read(next, 200)
    if (page.length === 0) return { events, next, more: false }
    for (const published of page) {
      if (events.length === limit || size > SIZE) return { events, next, more: true }
      next = published.seq
      looked++
      if (!wants(published)) continue
      events.push(published)
      size += published.text().length
    }
  }
  return { events, next, more: true }
}

/** Resolves when something wanted happens, after `ms`, or when the caller is gone. */
function news ({ log, clock, signal }: Call, ms: number, wants: (published: Published) => boolean): Promise<void> {
  return new Promise(resolve => {
    const cancelTimer = clock.after(ms, end)
    const leave = log.subscribe('all', published => { if (wants(published)) end() })
    function end () {
      cancelTimer()
      leave()
      signal.removeEventListener('abort', end)
      resolve()
    }
    signal.addEventListener('abort', end, { once: true })
  })
}
