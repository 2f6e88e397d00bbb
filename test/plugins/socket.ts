import { once } from 'node:events'
import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import { WebSocket, type ClientOptions } from 'ws'
import rest from '../../plugins/rest.ts'
import websocket from '../../plugins/websocket.ts'
import type { Deliver, Published } from '../../src/bus/bus.ts'
import { createMemoryBus } from '../../src/bus/memory.ts'
import { createFeed, selector } from '../../src/feed.ts'
import { interests } from '../../src/interest.ts'
import type { Api } from '../../schemas/config.ts'
import type { Event, StoredEvent } from '../../schemas/event.ts'
import { SessionNotFoundError, TeamNotFoundError, TellTimeoutError } from '../../src/errors.ts'
import { defineTool, type Call, type Progress, type Tool } from '../../src/tool.ts'
import { bearer, callFor, house, tools, NOW, type House } from './app.ts'
import { listen, type Json } from './ask.ts'

/** A clock that stands until a test moves it. */
export function standingClock () {
  const timers = new Set<{ at: number, fn: () => void }>()
  let now = NOW
  return {
    now: () => now,
    elapsed: () => now,
    after (ms: number, fn: () => void) {
      const timer = { at: now + ms, fn }
      timers.add(timer)
      return () => { timers.delete(timer) }
    },
    advance (ms: number) {
      now += ms
      for (const timer of [...timers]) {
        if (timer.at > now || !timers.delete(timer)) continue
        timer.fn()
      }
    },
    get pending () { return timers.size }
  }
}

export const SESSION = '0190b8a4-7e6b-4c4e-9d2f-0123456789ab'
export const OTHER = '0190b8a4-7e6b-4c4e-9d2f-0123456789ac'
const TEAM_OF = new Map([[SESSION, 'a'], [OTHER, 'b']])

function sessionOf (id: string) {
  const to = TEAM_OF.get(id)
  if (to === undefined) throw new SessionNotFoundError(id)
  return { to }
}

function checkTeam (team: string) {
  if (team !== 'a' && team !== 'b') throw new TeamNotFoundError(team)
}

export interface World extends House {
  port: number
  clock: ReturnType<typeof standingClock>
  /** Store and publish, as the log does. */
  publish (event: Event): StoredEvent
  /** How often the frame of an event was made. */
  made: () => number
  rooms: () => number
  /** The calls of tale_tell that wait for the test. */
  calls: Tale[]
  /** The next call of it. */
  called (): Promise<Tale>
  open (options?: ClientOptions): Promise<Client>
}

export interface Tale { signal: AbortSignal, emit (progress: Progress): void, end (): void, fail (err: Error): void }

export const said = (sessionId: string, text: string): Event => ({
  event: 'cache:message', data: { sessionId, team: TEAM_OF.get(sessionId)!, message: { timestamp: NOW, type: 'user', data: { text } } }
})
export const spawned = (team: string): Event => ({ event: 'process:spawned', data: { sessionId: team === 'a' ? SESSION : OTHER, team, pid: 1 } })
export const started = (tellId: string, sessionId = SESSION): Progress => ({ event: 'tell:started', data: { tellId, sessionId, team: 'a', from: 'root', ahead: 0 } })
export const ended = (tellId: string, sessionId = SESSION): Progress => ({ event: 'tell:complete', data: { tellId, sessionId, team: 'a', from: 'root', response: 'done' } })
export const TELL = '0190b8a4-7e6b-7c4e-9d2f-0123456789ad'

/** A client that keeps what it was sent. */
export class Client {
  readonly frames: Json[] = []
  readonly socket: WebSocket
  #closed: Promise<{ code: number, reason: string }>
  #news = () => {}

  constructor (socket: WebSocket) {
    this.socket = socket
    socket.on('message', data => {
      this.frames.push(JSON.parse(String(data)))
      this.#news()
    })
    socket.on('error', () => {})
    this.#closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }))
    void this.#closed.then(() => { this.#news() })
  }

  send (frame: unknown) {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** The next frame. */
  async next (): Promise<Json> {
    while (this.frames.length === 0) {
      if (this.socket.readyState === this.socket.CLOSED) throw new Error('closed')
      await new Promise<void>(resolve => { this.#news = resolve })
    }
    return this.frames.shift()
  }

  async ask (frame: object): Promise<Json> {
    this.send(frame)
    return await this.next()
  }

  closed () {
    return this.#closed
  }
}

/** A server with `/ws`, `/api`, and a world behind them that the test moves. */
export async function world (t: Test, { api, more = [], admit }: { api?: Api, more?: Tool[], admit?: (request: FastifyRequest, reply: FastifyReply) => Promise<void> } = {}): Promise<World> {
  const made = await house(t, api === undefined ? {} : { api })
  if (admit !== undefined) made.app.addHook('onRequest', admit)
  const clock = standingClock()
  const bus = createMemoryBus({ onError: err => { throw err } })
  let joined = 0
  const calls: Tale[] = []
  let waiting: ((tale: Tale) => void) | undefined
  let seq = 100
  let texts = 0

  const tell = defineTool({
    name: 'tale_tell',
    title: 'Tell',
    description: 'Waits for the test.',
    permission: 'tell',
    http: { method: 'POST', url: '/tell' },
    socket: { event: 'tale:start', answer: 'events' },
    input: Type.Object({}, { additionalProperties: false }),
    output: { done: Type.Boolean() },
    team: null,
    async handler (_input, { signal, emit }) {
      await new Promise<void>((resolve, reject) => {
        const tale = { signal, emit, end: resolve, fail: reject }
        calls.push(tale)
        waiting?.(tale)
      })
      return { done: true }
    }
  })
  const big = defineTool({
    name: 'big_get',
    title: 'Get much',
    description: 'Answers with much.',
    permission: 'status',
    http: { method: 'GET', url: '/big' },
    socket: { event: 'big:get', answer: 'result' },
    input: Type.Object({}, { additionalProperties: false }),
    output: { text: Type.String() },
    team: null,
    handler: () => ({ text: 'x'.repeat(6_000_000) })
  })

  const past: Published[] = []
  const select = selector()
  function join (room: string, deliver: Deliver) {
    const leave = bus.subscribe(room, deliver)
    joined++
    return () => {
      leave()
      joined--
    }
  }

  function publish (event: Event): StoredEvent {
    const stored = { ...event, seq: ++seq, at: NOW } as StoredEvent
    const { sessionId, team } = event.data
    let text: string | undefined
    const published = { seq, name: event.event, team, sessionId, event: stored, text: () => { texts++; return text ??= JSON.stringify({ event: event.event, data: event.data, seq: stored.seq }) } }
    past.push(published)
    bus.publish([published])
    return stored
  }

  const list = [...tools, tell, big, ...more]
  await made.app.register(rest, { prefix: '/api', tools: list, call: callFor })
  await made.app.register(websocket, {
    tools: list,
    version: '1.2.3',
    clock,
    head: () => seq,
    health: () => ({ totalProcesses: 1, maxProcesses: 5 }),
    api: () => made.api,
    call: callFor,
    begin: after => ({ verdict: 'ok', from: after, head: seq }),
    follow: reader => createFeed({ clock, onError (err) { throw err }, head: () => seq, holes: () => 0, read: (after, limit) => past.filter(({ seq }) => seq > after).slice(0, limit), listen: join }, reader, select),
    interests: (caller, rooms) => interests(rooms, { caller, sessions: { get: sessionOf }, teams: { get: checkTeam } } as unknown as Call)
  })
  const port = await listen(made.app)
  return {
    ...made,
    port,
    clock,
    publish,
    calls,
    called: () => calls.length > 0 ? Promise.resolve(calls.shift()!) : new Promise(resolve => { waiting = tale => { waiting = undefined; calls.shift(); resolve(tale) } }),
    made: () => texts,
    rooms: () => joined,
    async open (options = { headers: { authorization: 'Bearer root' } }) {
      const client = new Client(new WebSocket(`ws://127.0.0.1:${port}/ws`, options))
      t.teardown(() => client.socket.terminate())
      await once(client.socket, 'open')
      return client
    }
  }
}

/** A client that has had its greeting. */
export async function greeted (w: World, token = 'root'): Promise<Client> {
  const client = await w.open({ headers: bearer(token) })
  await client.next()
  return client
}

export const timedOut = () => new TellTimeoutError('30000')
