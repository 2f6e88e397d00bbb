import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Id, Published, Reader } from './frames.ts'
import { Prepared, type Join, type Prepare } from './prepared.ts'
import type { Turns } from './turns.ts'
import type { Volley } from './volley.ts'

/** Bytes a client may leave unread, besides the results it asked for. */
const MAX_BACKLOG = 1024 * 1024

/** Where a feed stops for a while, well below that: what it reads on is in the log. */
const FULL = 256 * 1024

/** The stream below the socket. */
export type Wire = Pick<FastifyRequest['raw']['socket'], 'cork' | 'uncork' | 'write' | 'writableLength' | 'once' | 'off'>

interface Item {
  readonly text: string
  readonly size: number
  /** Of an event that carries its request's id: in one turn it goes in the place of the same event without one. */
  readonly seq?: number
  readonly result?: boolean
}

/** What all outboxes have in common. */
export interface Post {
  readonly prepare: Prepare
  readonly join: Join
  readonly turns: Turns
  readonly volley: Volley
}

/**
 * What goes to one client, in order. Of one turn of the event loop the first events leave at once, the rest in one write at its
 * end; nothing is kept beyond it.
 * A client that leaves more than MAX_BACKLOG unread is given up (`tooSlow`, with the last event it was sent) and comes back by that.
 */
export class Outbox implements Reader {
  /** The number up to which all was handed to the socket; another one once it resumes. */
  lastSeq: number
  /** Requests that may still be told of an event by its id: until the end of the turn one that came may be theirs. */
  expecting = 0
  /**
   * What went out with its request's id while the feed was behind: it comes to the same events later. They go without their
   * number, since by that a client would say, when it resumes, that it has all before it.
   */
  ahead: Set<number> | undefined
  readonly #socket: WebSocket
  readonly #wire: Wire
  readonly #post: Post
  readonly #tooSlow: (lastSeq: number) => void
  #items: (Item | Prepared)[] | undefined
  /** Bytes of them, nearly. */
  #waiting = 0
  /** The turn in which events left at once. */
  #turn = -1
  /** Bytes of results on their way. Whoever asked for them is not slow because they are large. */
  #results = 0

  constructor (socket: WebSocket, { wire, head, post, tooSlow }: { wire: Wire, head: number, post: Post, tooSlow: (lastSeq: number) => void }) {
    this.#socket = socket
    this.#wire = wire
    this.#post = post
    this.#tooSlow = tooSlow
    this.lastSeq = head
  }

  send (event: string, data: unknown, id: Id): void {
    const text = JSON.stringify({ event, data, id })
    this.#push({ text, size: text.length, result: event === 'result' })
  }

  /** An event for the one whose request caused it. */
  sendOwn (event: string, data: unknown, seq: number | undefined, id: Id): void {
    const text = JSON.stringify({ event, data, seq, id })
    this.#push({ text, size: text.length, ...(seq !== undefined && { seq }) })
  }

  /** Events for whoever subscribed, the same for all of them. */
  deliver (run: readonly Published[]): (() => void) | void {
    const { ahead } = this
    if (ahead !== undefined) {
      run = run.filter(({ seq }) => !ahead.delete(seq))
      if (run.length === 0) return
    }
    const { prepare, turns, volley } = this.#post
    const prepared = prepare(run)
    const { now } = turns
    if (this.#items !== undefined || this.expecting > 0 || this.#turn === now) return this.#push(prepared)
    this.#turn = now
    if (!this.check()) return
    this.#wrote(prepared.seq)
    return volley.add(this.#wire, prepared)
  }

  giveUp (): void {
    this.#tooSlow(this.lastSeq)
  }

  unread (): number {
    return this.#wire.writableLength
  }

  /** Whether a feed must wait before it sends more: the client leaves too much unread, not only that much came in one turn. */
  full (): boolean {
    if (this.#unasked() + this.#waiting <= FULL) return false
    this.flush()
    return this.#unasked() > FULL
  }

  /** Calls `go` once what was written is through. */
  whenDrained (go: () => void): () => void {
    this.#wire.once('drain', go)
    return () => { this.#wire.off('drain', go) }
  }

  #push (item: Item | Prepared): void {
    this.#waiting += item.size
    if (this.#items === undefined) {
      this.#items = []
      this.#post.turns.atEnd(this)
    }
    this.#items.push(item)
  }

  /** Write now what would be written at the end of this turn. */
  flush (): void {
    const items = this.#items
    this.#items = undefined
    this.#waiting = 0
    if (items === undefined || !this.check()) return
    if (items.every(item => item instanceof Prepared)) this.#writePrepared(items.at(-1)!.seq, this.#post.join(items))
    else this.#writeMixed(items)
  }

  /** Past the socket's own framing, which would do the same for each client anew; what it counts as not yet read is counted at the wire. */
  #writePrepared (seq: number, frames: Buffer): void {
    this.#wrote(seq)
    this.#wire.write(frames)
  }

  #writeMixed (items: readonly (Item | Prepared)[]): void {
    const own = new Map<number, Item[]>()
    for (const item of items) {
      if (!(item instanceof Prepared) && item.seq !== undefined) own.set(item.seq, [...own.get(item.seq) ?? [], item])
    }
    const writeOwn = (seq: number) => {
      for (const item of own.get(seq) ?? []) this.#write(item)
      own.set(seq, []) // the same without an id may be yet to come
    }
    this.#wire.cork()
    for (const item of items) {
      if (!(item instanceof Prepared)) {
        if (item.seq === undefined) this.#write(item)
        else writeOwn(item.seq)
      } else if (item.events.every(({ seq }) => !own.has(seq))) this.#writePrepared(item.seq, item.frames)
      else {
        for (const event of item.events) {
          if (own.has(event.seq)) writeOwn(event.seq)
          else this.#writePrepared(event.seq, new Prepared([event]).frames)
        }
      }
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

  /** Bytes, besides the results. */
  #unasked (): number {
    return this.#wire.writableLength - this.#results
  }

  /** Whether the client may be sent more. Gives it up where it is too slow. */
  check (): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return false
    if (this.#unasked() <= MAX_BACKLOG) return true
    this.#tooSlow(this.lastSeq)
    return false
  }
}
