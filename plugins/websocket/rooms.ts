import { Type } from '@sinclair/typebox'
import { SessionId } from '../../schemas/session.ts'
import { TeamName } from '../../schemas/team.ts'
import { RateLimitedError } from '../../src/errors.ts'
import { defineTool, reach, type Call, type Caller, type Tool } from '../../src/tool.ts'
import { approvalRoomTools } from './approval-room.ts'
import type { Published } from './frames.ts'

/** Subscriptions of one socket. */
const MAX_ROOMS = 1000

export interface RoomsOptions {
  /** Hear the stored events of a room: `session:<id>`, `team:<name>`, `all`. */
  subscribe (room: string, deliver: (published: Published) => void): () => void
  /** The team of a session. Throws SessionNotFoundError. */
  sessionTeam (sessionId: string): string
  /** Throws TeamNotFoundError. */
  checkTeam (team: string): void
}

interface Room {
  /** Whether this caller may still hear it. */
  allows (caller: Caller): boolean
  leave (): void
}

/** What one socket hears. */
export class Rooms {
  readonly #rooms = new Map<string, Room>()

  join (name: string, allows: Room['allows'], subscribe: () => () => void): void {
    if (this.#rooms.has(name)) return
    if (this.#rooms.size >= MAX_ROOMS) throw new RateLimitedError(`A socket holds at most ${MAX_ROOMS} subscriptions`)
    this.#rooms.set(name, { allows, leave: subscribe() })
  }

  has (name: string): boolean {
    return this.#rooms.has(name)
  }

  leave (name: string): void {
    this.#rooms.get(name)?.leave()
    this.#rooms.delete(name)
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
  deliver (published: Published): void
  checkHealth (): void
}

/**
 * The requests that only a socket can make. They are tools, so that who may and what is malformed is judged, and worded, as
 * everywhere; they have no route, since there is nothing to answer to afterwards.
 */
export function roomTools ({ subscribe, sessionTeam, checkTeam }: RoomsOptions): ReadonlyMap<string, Tool> {
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
      const { rooms, deliver } = subscriberOf(call)
      const room = `session:${sessionId}`
      const team = sessionTeam(sessionId)
      rooms.join(room, caller => cacheSubscribe.permits(caller) && reaches(caller, team), () => subscribe(room, published => {
        if (!isProcess(published)) deliver(published)
      }))
      return { room, subscribed: true }
    }
  })
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
      const { rooms, deliver, caller } = subscriberOf(call)
      const room = processRoom(team)
      if (team !== '*') {
        reach(call.caller, team)
        checkTeam(team)
      }
      rooms.join(room, now => processSubscribe.permits(now) && (team === '*' || reaches(now, team)), () => subscribe(room, published => {
        if (!isProcess(published) || !reaches(caller(), published.event.data.team)) return
        if (team === '*' || !rooms.has('all')) deliver(published) // who hears all does not hear one team twice
      }))
      return { room, subscribed: true }
    }
  })
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
      rooms.join('system', healthSubscribe.permits, () => () => {})
      checkHealth()
      return { room: 'system', subscribed: true }
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
    handler: (_input, call) => left('system', call)
  })

  return new Map([cacheSubscribe, cacheUnsubscribe, processSubscribe, processUnsubscribe, healthSubscribe, healthUnsubscribe, ...approvalRoomTools({ subscribe, checkTeam })]
    .map(tool => [tool.name.replace('_', ':'), tool]))
}

const isProcess = ({ event }: Published) => event.event.startsWith('process:')
const reaches = ({ teams }: Caller, team: string) => teams === null || teams.has(team)
