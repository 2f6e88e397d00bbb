import type { WebSocket } from 'ws'
import { IrisError, RateLimitedError, UnauthorizedError, ValidationError, toErrorBody } from '../../src/errors.ts'
import { suggestion } from '../../src/nearest.ts'
import type { Call, Caller, Progress, Tool } from '../../src/tool.ts'
import { readFrame, type Feed, type Frame, type Id, type Reader } from './frames.ts'
import { Outbox, type Post, type Wire } from './outbox.ts'
import type { Beats } from './beats.ts'
import type { Peer } from './peer.ts'
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
  call (peer: Peer, own: Pick<Call, 'signal' | 'emit' | 'idempotencyKey'>): Call
  readonly post: Post
  /** A cursor in the log for this socket. */
  follow (reader: Reader): Feed
  readonly beats: Beats
  /** Hears who comes, who goes, and who is closed because it does not read. */
  readonly clients?: { came (): void, left (): void, slow (): void } | undefined
}

/** ms */
const AUTH_WITHIN = 5_000
/** ms between pings; who has not answered one by the next is gone. */
export const BEAT = 15_000
/** ms a peer has to answer a close. */
const CLOSE_WITHIN = 5_000
const MAX_IN_FLIGHT = 256

/** One socket, from the upgrade to its end. Most of them only listen, or not even that: what they do not need is made when it is needed. */
export class Connection {
  readonly #socket: WebSocket
  readonly #peer: Peer
  readonly #around: Surroundings
  readonly #outbox: Outbox
  #hearing: Hearing | undefined
  #inFlight: Set<AbortController> | undefined
  #open = false
  #alive = true
  #gone = false
  #cancelTimer: (() => void) | undefined

  constructor (socket: WebSocket, wire: Wire, peer: Peer, around: Surroundings) {
    this.#socket = socket
    this.#peer = peer
    this.#around = around
    this.#outbox = new Outbox(socket, { wire, head: around.head(), post: around.post, tooSlow: seq => { this.#tooSlow(seq) } })
    around.clients?.came()
    if (peer.caller !== null) this.#enter(undefined)
    else this.#cancelTimer = around.clock.after(AUTH_WITHIN, () => { this.#refuse(4401, new UnauthorizedError(`No auth frame came within ${AUTH_WITHIN} ms`), undefined) })
  }

  /** It answered a ping. */
  answered (): void {
    this.#alive = true
  }

  /** It sent a ping. Each is answered, so each may add to what is not read. */
  asked (): void {
    this.#outbox.check()
  }

  beat (): void {
    if (!this.#alive) return this.#socket.terminate()
    if (!this.#judge()) return
    this.#alive = false
    this.#socket.ping()
    if (this.#hearing?.rooms.has('system')) this.#checkHealth()
  }

  /** The peer has `within` ms to answer. */
  close (code: number, reason: string, within = CLOSE_WITHIN): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#rest()
    this.#socket.close(code, reason.slice(0, 123))
    this.#cancelTimer = this.#around.clock.after(within, () => { this.#socket.terminate() })
  }

  /** The socket is closed. */
  end (): void {
    this.#rest()
    for (const gone of this.#inFlight ?? []) gone.abort()
  }

  async hear (data: Buffer, isBinary: boolean): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (isBinary) return this.close(1003, 'Frames are JSON text')
    const frame = readFrame(data.toString())
    try {
      if (!this.#open || (frame.event === 'auth' && this.#peer.token === null)) return this.#authenticate(frame)
      if (!this.#judge()) return
      this.#peer.count()
      await this.#perform(frame)
    } catch (err) {
      this.#fail(err, frame.id)
    }
  }

  /** Nothing more is done for it. */
  #rest () {
    this.#cancelTimer?.()
    this.#around.beats.delete(this)
    this.#hearing?.feed.stop()
    if (!this.#gone) this.#around.clients?.left()
    this.#gone = true
  }

  #enter (id: Id) {
    this.#open = true
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#outbox.send('hello', { version: this.#around.version, head: this.#around.head() }, id)
    this.#around.beats.add(this)
  }

  /** Whether it may go on: its key may have been revoked, or have lost what this socket lives on. */
  #judge (): boolean {
    const refused = this.#peer.judgeAnew()
    if (refused !== null) {
      this.#refuse(4401, refused, undefined)
      return false
    }
    const lost = this.#hearing?.rooms.forbidden(this.#peer.caller!)
    if (lost === undefined) return true
    this.close(4403, `This key may no longer hear ${lost}`)
    return false
  }

  #tooSlow (seq: number) {
    this.#around.clients?.slow()
    this.close(1013, JSON.stringify({ seq }))
  }

  #refuse (code: number, err: Error, id: Id) {
    this.#fail(err, id)
    this.#outbox.flush()
    this.close(code, err.message)
  }

  #fail (err: unknown, id: Id) {
    if (!(err instanceof IrisError)) this.#peer.fault(err)
    this.#outbox.send('error', toErrorBody(err, this.#around.clock.now()), id)
  }

  #checkHealth () {
    this.#outbox.send('health:check', this.#around.health(this.#peer.caller!), undefined)
  }

  #authenticate ({ event, data, id }: Frame) {
    const token = event === 'auth' ? (data as { token?: unknown } | null | undefined)?.token : undefined
    if (typeof token !== 'string') return this.#refuse(4401, new UnauthorizedError('A key is needed: the first frame must be {"event":"auth","data":{"token":…}}'), id)
    if (this.#peer.identify(token) === null) return this.#refuse(4401, this.#peer.authError!, id)
    this.#enter(id)
  }

  /** From its first subscription on. */
  #hear (): Hearing {
    if (this.#hearing !== undefined) return this.#hearing
    const feed = this.#around.follow(this.#outbox)
    return this.#hearing = { feed, rooms: new Rooms(feed) }
  }

  #subscriber (id: Id): Subscriber {
    return {
      rooms: () => this.#hear().rooms,
      checkHealth: () => { this.#checkHealth() },
      resume: from => {
        const { feed } = this.#hear()
        feed.hold()
        setImmediate(() => {
          if (this.#socket.readyState !== this.#socket.OPEN) return
          this.#outbox.lastSeq = from
          feed.seek(from, seq => { this.#outbox.ahead = undefined; this.#outbox.send('caught_up', { seq }, id) })
        })
      }
    }
  }

  async #perform ({ event, data, id, idempotencyKey, fault }: Frame): Promise<void> {
    if (fault !== undefined) throw fault
    const { requests, call } = this.#around
    const wanted = typeof event === 'string' ? requests.get(event) : undefined
    if (wanted === undefined) throw new ValidationError(typeof event === 'string' ? unknownEvent(event.slice(0, 100), [...requests.keys()]) : 'A frame needs an event, a string')
    const inFlight = this.#inFlight ??= new Set()
    if (inFlight.size >= MAX_IN_FLIGHT) throw new RateLimitedError(`${MAX_IN_FLIGHT} requests of this socket are not answered yet`)
    const { tool, events, answer } = wanted
    const outbox = this.#outbox
    const gone = new AbortController()
    let told = false
    let over = true
    let settled = false
    const release = () => { if (settled && over && inFlight.delete(gone)) outbox.expecting-- }

    const emit = (progress: Progress) => {
      // What an agent asks meanwhile is neither the answer nor its end.
      if (progress.event.startsWith('tell:')) {
        told = true
        over = progress.event === 'tell:complete' || progress.event === 'tell:error'
      }
      const hearing = this.#hearing
      const behind = hearing !== undefined && !hearing.feed.live
      if (!behind) outbox.ahead = undefined
      else if (progress.seq !== undefined) (outbox.ahead ??= new Set()).add(progress.seq)
      outbox.sendOwn(progress.event, progress.data, behind ? undefined : progress.seq, id)
      release()
    }

    inFlight.add(gone)
    outbox.expecting++
    try {
      const result = await tool.run(data, Object.assign(call(this.#peer, { signal: gone.signal, emit, idempotencyKey }), { subscriber: this.#subscriber(id) }))
      if (!events || !told) outbox.send(answer, result, id)
    } catch (err) {
      // Once a tell has begun, its own end is the answer, also to a wait that ended before it.
      if (!events || !told) throw err
      if (!(err instanceof IrisError)) this.#peer.fault(err)
    } finally {
      settled = true
      release()
    }
  }
}

const unknownEvent = (event: string, known: readonly string[]) => `Nothing is called '${event}'${suggestion(event, known) || ". Any tool's name is an event"}`

/** What a socket hears, and where it is. */
interface Hearing {
  readonly feed: Feed
  readonly rooms: Rooms
}
