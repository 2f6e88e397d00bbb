import { Type, type Static, type TObject } from '@sinclair/typebox'
import type { Permission } from '../../schemas/key.ts'
import { OneOf } from '../../schemas/one-of.ts'
import { Room } from '../../schemas/room.ts'
import { SessionId } from '../../schemas/session.ts'
import { TeamName } from '../../schemas/team.ts'
import { ForbiddenError, RateLimitedError } from '../../src/errors.ts'
import { defineTool, type Call, type Caller, type Tool } from '../../src/tool.ts'
import type { Feed, Published } from './frames.ts'

/** Subscriptions of one socket. */
const MAX_ROOMS = 1000

export interface RoomsOptions {
  /** Where a reader of these rooms that has all up to `after` goes on, and whether something it has not seen is gone. */
  begin (after: number, rooms: readonly string[]): { verdict: 'ok' | 'gap', from: number, head: number }
  /** What this caller hears of these rooms, and where. Throws ForbiddenError where it may not. */
  interests (caller: Caller, rooms: readonly string[]): Interest[]
}

/** A room of the log, and what of it is wanted. */
interface Interest { room: string, wants (published: Published): boolean }

/** The room of what is not in the log. */
const SYSTEM = 'system'

/** What a caller hears of one room. Throws ForbiddenError. */
type Judge = (caller: Caller) => Interest

/** What one socket hears. */
export class Rooms {
  readonly #rooms = new Map<string, { judge: Judge, room: string }>()
  readonly #feed: Pick<Feed, 'join' | 'leave'>
  /** What was held by who was found to hear them. */
  #judged: Pick<Caller, 'permissions' | 'teams'> | undefined

  constructor (feed: Pick<Feed, 'join' | 'leave'>) {
    this.#feed = feed
  }

  join (name: string, caller: Caller, judge: Judge): void {
    const { room, wants } = judge(caller)
    if (this.#rooms.has(name)) return
    if (this.#rooms.size === 0) this.#judged = caller
    if (this.#rooms.size >= MAX_ROOMS) throw new RateLimitedError(`A socket holds at most ${MAX_ROOMS} subscriptions`)
    this.#rooms.set(name, { judge, room })
    this.#feed.join(room, wants, name)
  }

  has (name: string): boolean {
    return this.#rooms.has(name)
  }

  /** Where it is heard what this socket hears. */
  get heard (): string[] {
    return [...this.#rooms.values()].map(({ room }) => room).filter(room => room !== SYSTEM)
  }

  leave (name: string): void {
    if (this.#rooms.delete(name)) this.#feed.leave(name)
  }

  /** The first room that this caller, the one behind the socket now, may not hear; of the rest it hears what it may. */
  forbidden (caller: Caller): string | undefined {
    const { permissions, teams } = caller
    if (permissions === this.#judged?.permissions && teams === this.#judged.teams) return undefined
    for (const [name, { judge }] of this.#rooms) {
      try {
        const { room, wants } = judge(caller)
        this.#feed.join(room, wants, name)
      } catch (err) {
        if (err instanceof ForbiddenError) return name // of what is no more, nothing comes
      }
    }
    this.#judged = { permissions, teams }
    return undefined
  }
}

/** The socket a subscription is made for: its calls have it beside what every call has. */
export interface Subscriber {
  rooms (): Rooms
  checkHealth (): void
  /** Once this request is answered: what was missed since `from`, then `caught_up`. */
  resume (from: number): void
}

/**
 * The requests that only a socket can make. They are tools, so that who may and what is malformed is judged, and worded, as
 * everywhere; they have no route, since there is nothing to answer to afterwards.
 */
export function roomTools ({ begin, interests }: RoomsOptions): ReadonlyMap<string, Tool> {
  const nowhere = { method: 'POST', url: '' } as const
  const closed = { additionalProperties: false }
  const subscriberOf = (call: Call) => (call as Call & { subscriber: Subscriber }).subscriber
  const hear = (name: string, call: Call) => {
    subscriberOf(call).rooms().join(name, call.caller, caller => interests(caller, [name])[0]!)
  }

  /** `<noun>_subscribe` and `<noun>_unsubscribe`. */
  function pair<I extends TObject> (noun: string, { what, description, permission, input, room, begin = hear }: {
    what: string
    description: string
    permission: Permission
    input: I
    room (input: Static<I>): string
    begin? (room: string, call: Call): void
  }): Tool[] {
    const both = { permission, http: nowhere, input, output: { room: Type.String(), subscribed: Type.Boolean() }, team: null } // the room is judged as it is joined
    return [
      defineTool({
        ...both,
        name: `${noun}_subscribe`,
        title: `Hear ${what}`,
        description,
        handler (input, call) {
          begin(room(input), call)
          return { room: room(input), subscribed: true }
        }
      }),
      defineTool({
        ...both,
        name: `${noun}_unsubscribe`,
        title: `Stop hearing ${what}`,
        description: `Undoes ${noun}:subscribe.`,
        handler (input, call) {
          subscriberOf(call).rooms().leave(room(input))
          return { room: room(input), subscribed: false }
        }
      })
    ]
  }

  const team = Type.Object({ team: { ...TeamName, pattern: `^\\*$|${TeamName.pattern!}`, description: 'A team name, or `*` for all teams the key reaches' } }, closed)
  const health: Tool[] = pair('health', {
    what: 'the server\'s health',
    description: 'health:check at once and with every ping.',
    permission: 'status',
    input: Type.Object({}, closed),
    room: () => SYSTEM,
    begin (room, call) {
      const { rooms, checkHealth } = subscriberOf(call)
      rooms().join(room, call.caller, caller => {
        if (!health[0]!.permits(caller)) throw new ForbiddenError("This key lacks the permission 'status'")
        return { room, wants: () => false }
      })
      checkHealth()
    }
  })
  const tools = [
    ...pair('cache', {
      what: 'a session',
      description: 'From now on everything that is said in this session: cache:message and tell:* events.',
      permission: 'cache:read',
      input: Type.Object({ sessionId: SessionId }, closed),
      room: ({ sessionId }) => `session:${sessionId}`
    }),
    ...pair('process', {
      what: 'the processes of a team',
      description: 'From now on process:spawned, process:terminated and process:error of this team, or of all.',
      permission: 'status',
      input: team,
      room: ({ team }) => `team:${team}`
    }),
    ...health,
    // For those who decide, without reading what is said in the sessions.
    ...pair('approval', {
      what: 'the permission questions of a team',
      description: 'From now on approval:requested and approval:resolved of this team, or of all.',
      permission: 'approve',
      input: team,
      room: ({ team }) => `approval:${team}`
    })
  ]

  const streamResume = defineTool({
    name: 'stream_resume',
    title: 'Go on after a break',
    description: 'What happened since `after` in the rooms of this socket, once and in order; then caught_up, then what comes.',
    permission: ['cache:read', 'status'],
    http: nowhere,
    input: Type.Object({
      after: Type.Integer({ minimum: 0, description: 'The last seq that was received' }),
      rooms: Type.Optional(Type.Array(Room, { maxItems: MAX_ROOMS, description: 'Rooms to join with it' }))
    }, closed),
    output: { verdict: OneOf(['ok', 'gap']), from: Type.Integer(), head: Type.Integer() },
    team: null,
    handler ({ after, rooms = [] }, call) {
      const subscriber = subscriberOf(call)
      for (const room of rooms) hear(room, call)
      const start = begin(after, subscriber.rooms().heard)
      subscriber.resume(start.from)
      return start
    }
  })

  return new Map(tools.map(tool => [tool.name.replace('_', ':'), tool])).set('resume', streamResume)
}
