import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Id } from './frames.ts'
import type { Join, Prepared } from './prepared.ts'

/** Bytes a client may leave unread, besides the results it asked for. */
const MAX_BACKLOG = 1024 * 1024

/** Where a feed stops for a while, well below that: what it reads on is in the log. */
const FULL = 256 * 1024

/** The stream below the socket. */
export type Wire = Pick<FastifyRequest['raw']['socket'], 'cork' | 'uncork' | 'write' | 'once' | 'off'>

interface Item {
  readonly prepared?: never
  readonly text: string
  readonly seq?: number
  /** It carries its request's id: in one tick it goes before the same event without one. */
  readonly own?: boolean
  readonly result?: boolean
}

/**
 * What goes to one client. All of one turn of the event loop leaves in one write, in order; nothing is kept beyond it.
 * A client that leaves more than MAX_BACKLOG unread is given up (`tooSlow`, with the last event it was sent) and comes back by that.
 */
export class Outbox {
  /** The number up to which all was handed to the socket; another one once it resumes. */
  lastSeq: number
  readonly #socket: WebSocket
  readonly #wire: Wire
  readonly #tooSlow: (lastSeq: number) => void
  readonly #join: Join
  readonly #later: (work: () => void) => void
  readonly #flush = () => { this.flush() }
  #items: (Item | Prepared)[] = []
  /** Of these, those that are not for this client alone. */
  #prepared = 0
  /** Bytes of the items, nearly. */
  #waiting = 0
  /** Bytes of results on their way. Whoever asked for them is not slow because they are large. */
  #results = 0

  constructor (socket: WebSocket, { wire, head, join, later, tooSlow }: { wire: Wire, head: number, join: Join, later: (work: () => void) => void, tooSlow: (lastSeq: number) => void }) {
    this.#socket = socket
    this.#wire = wire
    this.#tooSlow = tooSlow
    this.#join = join
    this.#later = later
    this.lastSeq = head
  }

  send (event: string, data: unknown, id: Id): void {
    this.#push({ text: JSON.stringify({ event, data, id }), result: event === 'result' })
  }

  /** An event for the one whose request caused it. */
  sendOwn (event: string, data: unknown, seq: number | undefined, id: Id): void {
    this.#push({ text: JSON.stringify({ event, data, seq, id }), own: true, ...(seq !== undefined && { seq }) })
  }

  /** An event for whoever subscribed, the same for all of them. */
  sendPrepared (prepared: Prepared): void {
    this.#prepared++
    this.#push(prepared)
  }

  /** Whether a feed must wait before it sends more: the client leaves too much unread, not only that much came in one turn. */
  full (): boolean {
    if (this.#socket.bufferedAmount - this.#results + this.#waiting <= FULL) return false
    this.flush()
    return this.#socket.bufferedAmount - this.#results > FULL
  }

  /** Calls `go` once what was written is through. */
  whenDrained (go: () => void): () => void {
    this.#wire.once('drain', go)
    return () => { this.#wire.off('drain', go) }
  }

  #push (item: Item | Prepared): void {
    this.#waiting += item.text.length
    if (this.#items.push(item) === 1) this.#later(this.#flush)
  }

  /** Write now what would be written at the end of this turn. */
  flush (): void {
    const items = this.#items
    const prepared = this.#prepared === items.length
    this.#items = []
    this.#prepared = 0
    this.#waiting = 0
    if (items.length === 0 || !this.check()) return
    if (prepared) this.#writePrepared(items as Prepared[])
    else this.#writeMixed(items)
  }

  /** Past the socket's own framing, which would do the same for each client anew; what it counts as not yet read is counted at the wire. */
  #writePrepared (items: readonly Prepared[]): void {
    for (const { seq } of items) this.#wrote(seq)
    this.#wire.write(this.#join(items))
  }

  #writeMixed (items: readonly (Item | Prepared)[]): void {
    const told = new Set(items.filter(item => item.prepared === undefined && item.own).map(({ seq }) => seq))
    this.#wire.cork()
    for (const item of items) {
      if (item.prepared === undefined) this.#write(item)
      else if (!told.has(item.seq)) this.#writePrepared([item])
    }
    this.#wire.uncork()
  }

  #write ({ text, seq, result }: Item): void {
    if (seq !== undefined) this.#wrote(seq)
    if (result !== true) return this.#socket.send(text)
    const bytes = Buffer.byteLength(text)
    this.#results += bytes
    this.#socket.send(text, () => { this.#results -= bytes })
  }

  #wrote (seq: number): void {
    if (seq > this.lastSeq) this.lastSeq = seq
  }

  /** Whether the client may be sent more. Gives it up where it is too slow. */
  check (): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return false
    if (this.#socket.bufferedAmount - this.#results <= MAX_BACKLOG) return true
    this.#tooSlow(this.lastSeq)
    return false
  }
}
