import { Type } from '@sinclair/typebox'
import { OneOf } from '../../schemas/one-of.ts'
import { SessionId } from '../../schemas/session.ts'
import { TeamName } from '../../schemas/team.ts'
import { ForbiddenError, RateLimitedError } from '../../src/errors.ts'
import { defineTool, reach, type Call, type Caller, type Tool } from '../../src/tool.ts'
import { approvalRoomTools } from './approval-room.ts'
import type { Feed, Published } from './frames.ts'

/** Subscriptions of one socket. */
const MAX_ROOMS = 1000

export interface RoomsOptions {
  /** Where a reader of these rooms that has all up to `after` goes on, and whether something it has not seen is gone. */
  begin (after: number, rooms: readonly string[]): { verdict: 'ok' | 'gap', from: number, head: number }
  /** The team of a session. Throws SessionNotFoundError. */
  sessionTeam (sessionId: string): string
  /** Throws TeamNotFoundError. */
  checkTeam (team: string): void
}

/** The room of what is not in the log. */
const SYSTEM = 'system'

/** Whether a caller may still hear a room. */
type Allows = (caller: Caller) => boolean

/** What one socket hears. */
export class Rooms {
  readonly #rooms = new Map<string, { allows: Allows, room: string }>()
  readonly #feed: Pick<Feed, 'join' | 'leave'>

  constructor (feed: Pick<Feed, 'join' | 'leave'>) {
    this.#feed = feed
  }

  /** `room` is where it is heard, if that is not its name. */
  join (name: string, allows: Allows, wants: (published: Published) => boolean, room = name): void {
    if (this.#rooms.has(name)) return
    if (this.#rooms.size >= MAX_ROOMS) throw new RateLimitedError(`A socket holds at most ${MAX_ROOMS} subscriptions`)
    this.#rooms.set(name, { allows, room })
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

  leaveAll (): void {
    for (const name of this.#rooms.keys()) this.leave(name)
  }

  /** The first room that this caller may not hear. */
  forbidden (caller: Caller): string | undefined {
    for (const [name, { allows }] of this.#rooms) if (!allows(caller)) return name
    return undefined
  }
}

/** The socket a subscription is made for: its calls have it beside what every call has. */
export interface Subscriber {
  readonly rooms: Rooms
  /** Who is behind it now. */
  caller (): Caller
  checkHealth (): void
  /** Once this request is answered: what was missed since `from`, then `caught_up`. */
  resume (from: number): void
}

/**
 * The requests that only a socket can make. They are tools, so that who may and what is malformed is judged, and worded, as
 * everywhere; they have no route, since there is nothing to answer to afterwards.
 */
export function roomTools ({ begin, sessionTeam, checkTeam }: RoomsOptions): ReadonlyMap<string, Tool> {
  const output = { room: Type.String(), subscribed: Type.Boolean() }
  const nowhere = { method: 'POST', url: '' } as const
  const closed = { additionalProperties: false }
  const subscriberOf = (call: Call) => (call as Call & { subscriber: Subscriber }).subscriber
  const left = (name: string, call: Call) => {
    subscriberOf(call).rooms.leave(name)
    return { room: name, subscribed: false }
  }

  const cacheSubscribe = defineTool({
    name: 'cache_subscribe',
    title: 'Hear a session',
    description: 'From now on everything that is said in this session: cache:message and tell:* events.',
    permission: 'cache:read',
    http: nowhere,
    input: Type.Object({ sessionId: SessionId }, closed),
    output,
    team: ({ sessionId }) => sessionTeam(sessionId),
    handler ({ sessionId }, call) {
      joinSession(subscriberOf(call), sessionId)
      return { room: `session:${sessionId}`, subscribed: true }
    }
  })
  function joinSession ({ rooms }: Subscriber, sessionId: string) {
    const team = sessionTeam(sessionId)
    rooms.join(`session:${sessionId}`, caller => cacheSubscribe.permits(caller) && reaches(caller, team), published => !isProcess(published))
  }
  const cacheUnsubscribe = defineTool({
    name: 'cache_unsubscribe',
    title: 'Stop hearing a session',
    description: 'Undoes cache:subscribe.',
    permission: 'cache:read',
    http: nowhere,
    input: Type.Object({ sessionId: SessionId }, closed),
    output,
    team: null,
    handler: ({ sessionId }, call) => left(`session:${sessionId}`, call)
  })

  const team = { ...TeamName, pattern: `^\\*$|${TeamName.pattern!}`, description: 'A team name, or `*` for all teams the key reaches' }
  const processRoom = (name: string) => name === '*' ? 'all' : `team:${name}`
  const processSubscribe = defineTool({
    name: 'process_subscribe',
    title: 'Hear the processes of a team',
    description: 'From now on process:spawned, process:terminated and process:error of this team, or of all.',
    permission: 'status',
    http: nowhere,
    input: Type.Object({ team }, closed),
    output,
    team: null, // `*` names none; the handler judges one that is named
    handler ({ team }, call) {
      joinProcesses(subscriberOf(call), team)
      return { room: processRoom(team), subscribed: true }
    }
  })
  function joinProcesses ({ rooms, caller }: Subscriber, team: string) {
    if (team !== '*') {
      reach(caller(), team)
      checkTeam(team)
    }
    rooms.join(processRoom(team), now => processSubscribe.permits(now) && (team === '*' || reaches(now, team)),
      published => isProcess(published) && reaches(caller(), published.team))
  }
  const processUnsubscribe = defineTool({
    name: 'process_unsubscribe',
    title: 'Stop hearing the processes of a team',
    description: 'Undoes process:subscribe.',
    permission: 'status',
    http: nowhere,
    input: Type.Object({ team }, closed),
    output,
    team: null,
    handler: ({ team }, call) => left(processRoom(team), call)
  })

  const healthSubscribe = defineTool({
    name: 'health_subscribe',
    title: 'Hear the server\'s health',
    description: 'health:check at once and with every ping.',
    permission: 'status',
    http: nowhere,
    input: Type.Object({}, closed),
    output,
    team: null,
    handler (_input, call) {
      const { rooms, checkHealth } = subscriberOf(call)
      rooms.join(SYSTEM, healthSubscribe.permits, () => false)
      checkHealth()
      return { room: SYSTEM, subscribed: true }
    }
  })
  const healthUnsubscribe = defineTool({
    name: 'health_unsubscribe',
    title: 'Stop hearing the server\'s health',
    description: 'Undoes health:subscribe.',
    permission: 'status',
    http: nowhere,
    input: Type.Object({}, closed),
    output,
    team: null,
    handler: (_input, call) => left(SYSTEM, call)
  })

  const streamResume = defineTool({
    name: 'stream_resume',
    title: 'Go on after a break',
    description: 'What happened since `after` in the rooms of this socket, once and in order; then caught_up, then what comes.',
    permission: ['cache:read', 'status'],
    http: nowhere,
    input: Type.Object({
      after: Type.Integer({ minimum: 0, description: 'The last seq that was received' }),
      rooms: Type.Optional(Type.Array(Type.String({ pattern: '^(session|team):.{1,64}$', description: 'session:<id>, team:<name> or team:*' }), { maxItems: MAX_ROOMS, description: 'Rooms to join with it' }))
    }, closed),
    output: { verdict: OneOf(['ok', 'gap']), from: Type.Integer(), head: Type.Integer() },
    team: null, // each room is judged as it is joined
    handler ({ after, rooms = [] }, call) {
      const subscriber = subscriberOf(call)
      for (const room of rooms) {
        const [kind, ...name] = room.split(':')
        const tool = kind === 'session' ? cacheSubscribe : processSubscribe
        if (!tool.permits(call.caller)) throw new ForbiddenError(`This key lacks the permission '${String(tool.permission)}'`)
        if (kind === 'session') {
          reach(call.caller, sessionTeam(name.join(':')))
          joinSession(subscriber, name.join(':'))
        } else {
          joinProcesses(subscriber, name.join(':'))
        }
      }
      const start = begin(after, subscriber.rooms.heard)
      subscriber.resume(start.from)
      return start
    }
  })

  const requests = new Map([cacheSubscribe, cacheUnsubscribe, processSubscribe, processUnsubscribe, healthSubscribe, healthUnsubscribe, ...approvalRoomTools({ checkTeam })]
    .map(tool => [tool.name.replace('_', ':'), tool]))
  return requests.set('resume', streamResume)
}

const isProcess = ({ name }: Published) => name.startsWith('process:')
const reaches = ({ teams }: Caller, team: string) => teams === null || teams.has(team)
