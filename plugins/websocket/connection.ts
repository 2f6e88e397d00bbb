import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { IrisError, RateLimitedError, UnauthorizedError, ValidationError, toErrorBody } from '../../src/errors.ts'
import type { Call, Caller, Progress, Tool } from '../../src/tool.ts'
import { readFrame, type Feed, type Frame, type Id, type Published, type Reader } from './frames.ts'
import { Outbox } from './outbox.ts'
import type { Join, Prepared } from './prepared.ts'
import { Rooms, type Subscriber } from './rooms.ts'

/** What a socket may be asked, and by whom it is answered. */
export interface Surroundings {
  /** By what clients call them. `events`: answered by the events it causes, in the place of a result. */
  readonly requests: ReadonlyMap<string, { tool: Tool, events: boolean, answer: string }>
  readonly version: string
  readonly clock: { now (): number, after (ms: number, fn: () => void): () => void }
  /** The number of the newest event. */
  head (): number
  health (caller: Caller): object
  call (request: FastifyRequest, own: Pick<Call, 'signal' | 'emit' | 'idempotencyKey'>): Call
  prepare (published: Published): Prepared
  readonly join: Join
  /** At the end of this turn of the event loop. */
  later (work: () => void): void
  /** A cursor in the log for this socket. */
  follow (reader: Reader): Feed
  /** Hears that a socket is closed because it does not read, where its feed does not say so. */
  slow? (): void
}

export interface Connection {
  /** The peer has `within` ms to answer. */
  close (code: number, reason: string, within?: number): void
}

/** ms */
const AUTH_WITHIN = 5_000
/** ms between pings; who has not answered one by the next is gone. */
const BEAT = 15_000
/** ms a peer has to answer a close. */
const CLOSE_WITHIN = 5_000
const MAX_IN_FLIGHT = 256

/** One socket, from the upgrade to its end. */
export function connect (socket: WebSocket, request: FastifyRequest, { requests, version, clock, head, health, call, prepare, join, later, follow, slow }: Surroundings): Connection {
  const inFlight = new Set<AbortController>()
  /**
   * What went out with its request's id while the feed was behind: it comes to the same events later. They go without their
   * number, since by that a client would say, when it resumes, that it has all before it.
   */
  const ahead = new Set<number>()
  const outbox = new Outbox(socket, {
    wire: request.raw.socket,
    head: head(),
    join,
    later,
    tooSlow (seq) { slow?.(); tooSlow(seq) }
  })
  const feed = follow({
    deliver (published) { if (!ahead.delete(published.seq)) outbox.sendPrepared(prepare(published)) },
    full: () => outbox.full(),
    unread: () => socket.bufferedAmount,
    whenDrained: go => outbox.whenDrained(go),
    giveUp () { tooSlow(outbox.lastSeq) }
  })
  const rooms = new Rooms(feed)
  const subscriberOf = (id: Id): Subscriber => ({
    rooms,
    checkHealth,
    resume (from) {
      feed.hold()
      setImmediate(() => {
        if (socket.readyState !== socket.OPEN) return
        outbox.lastSeq = from
        feed.seek(from, seq => { ahead.clear(); outbox.send('caught_up', { seq }, id) })
      })
    }
  })
  const checkHealth = () => { outbox.send('health:check', health(request.caller!), undefined) }
  let open = false
  let alive = true
  let cancelTimer = () => {}

  socket.on('message', (data: Buffer, isBinary) => { void hear(data, isBinary) })
  socket.on('pong', () => { alive = true })
  socket.on('ping', () => { outbox.check() }) // each is answered, so each may add to what is not read
  socket.on('close', () => {
    cancelTimer()
    feed.stop()
    for (const gone of inFlight) gone.abort()
  })

  if (request.caller !== null) enter(undefined)
  else cancelTimer = clock.after(AUTH_WITHIN, () => { refuse(4401, new UnauthorizedError(`No auth frame came within ${AUTH_WITHIN} ms`), undefined) })

  function enter (id: Id) {
    open = true
    cancelTimer()
    outbox.send('hello', { version, head: head() }, id)
    cancelTimer = clock.after(BEAT, beat)
  }

  function beat () {
    if (!alive) return socket.terminate()
    if (judge() === null) return
    alive = false
    socket.ping()
    if (rooms.has('system')) checkHealth()
    cancelTimer = clock.after(BEAT, beat)
  }

  /** Who it is, as of now: a key may have been revoked, or lost what this socket lives on. */
  function judge (): Caller | null {
    const caller = request.identify(request.token)
    if (caller === null) {
      refuse(4401, request.authError ?? new UnauthorizedError('A key is needed now'), undefined)
      return null
    }
    const lost = rooms.forbidden(caller)
    if (lost === undefined) return caller
    close(4403, `This key may no longer hear ${lost}`)
    return null
  }

  function close (code: number, reason: string, within = CLOSE_WITHIN) {
    if (socket.readyState !== socket.OPEN) return
    cancelTimer()
    feed.stop()
    socket.close(code, reason.slice(0, 123))
    cancelTimer = clock.after(within, () => { socket.terminate() })
  }

  function tooSlow (seq: number) {
    close(1013, JSON.stringify({ seq }))
  }

  function refuse (code: number, err: Error, id: Id) {
    fail(err, id)
    outbox.flush()
    close(code, err.message)
  }

  function fail (err: unknown, id: Id) {
    if (!(err instanceof IrisError)) request.fault(err)
    outbox.send('error', toErrorBody(err, clock.now()), id)
  }

  async function hear (data: Buffer, isBinary: boolean): Promise<void> {
    if (socket.readyState !== socket.OPEN) return
    if (isBinary) return close(1003, 'Frames are JSON text')
    const frame = readFrame(data.toString())
    if (!open || (frame.event === 'auth' && request.token === null)) return authenticate(frame)
    if (judge() === null) return
    try {
      request.count()
      await perform(frame)
    } catch (err) {
      fail(err, frame.id)
    }
  }

  function authenticate ({ event, data, id }: Frame) {
    const token = event === 'auth' ? (data as { token?: unknown } | null | undefined)?.token : undefined
    if (typeof token !== 'string') return refuse(4401, new UnauthorizedError('A key is needed: the first frame must be {"event":"auth","data":{"token":…}}'), id)
    if (request.identify(token) === null) return refuse(4401, request.authError!, id)
    enter(id)
  }

  async function perform ({ event, data, id, idempotencyKey, fault }: Frame): Promise<void> {
    if (fault !== undefined) throw fault
    const wanted = typeof event === 'string' ? requests.get(event) : undefined
    if (wanted === undefined) throw new ValidationError(typeof event === 'string' ? `Nothing is called '${event.slice(0, 100)}'. Any tool's name is an event` : 'A frame needs an event, a string')
    if (inFlight.size >= MAX_IN_FLIGHT) throw new RateLimitedError(`${MAX_IN_FLIGHT} requests of this socket are not answered yet`)
    const { tool, events, answer } = wanted
    const gone = new AbortController()
    let told = false
    let over = true
    let settled = false
    const release = () => { if (settled && over) inFlight.delete(gone) }

    function emit (progress: Progress) {
      // What an agent asks meanwhile is neither the answer nor its end.
      if (progress.event.startsWith('tell:')) {
        told = true
        over = progress.event === 'tell:complete' || progress.event === 'tell:error'
      }
      if (feed.live) ahead.clear()
      else if (progress.seq !== undefined) ahead.add(progress.seq)
      outbox.sendOwn(progress.event, progress.data, feed.live ? progress.seq : undefined, id)
      release()
    }

    inFlight.add(gone)
    try {
      const result = await tool.run(data, Object.assign(call(request, { signal: gone.signal, emit, idempotencyKey }), { subscriber: subscriberOf(id) }))
      if (!events || !told) outbox.send(answer, result, id)
    } catch (err) {
      // Once a tell has begun, its own end is the answer, also to a wait that ended before it.
      if (!events || !told) throw err
      if (!(err instanceof IrisError)) request.fault(err)
    } finally {
      settled = true
      release()
    }
  }

  return { close }
}
