import type { FastifyReply } from 'fastify'

/** What a reader may leave unread before it is sent no more progress, bytes. */
export const BACKLOG = 1024 * 1024

const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' }

/** One reply as server-sent events. Opened by the first of them, so that a call without any may be answered otherwise. */
export class EventStream {
  readonly #reply: FastifyReply
  readonly #headers: Record<string, string>
  #opened = false

  /** `headers`: of the reply, beside those that hooks set. */
  constructor (reply: FastifyReply, headers: Record<string, string> = {}) {
    this.#reply = reply
    this.#headers = headers
  }

  get opened (): boolean { return this.#opened }

  /** Sends the headers, where that is not done yet. */
  open (): void {
    if (this.#opened) return
    this.#begin()
    this.#reply.raw.flushHeaders()
  }

  send (message: object): void { this.#write(eventOf(JSON.stringify(message))) }

  /** As `send`, unless the reader is too far behind: progress may be left out, the result says it all. */
  offer (message: object): void {
    if (this.#reply.raw.writableLength < BACKLOG) this.send(message)
  }

  /** Says that the stream is alive, to whoever stands between. */
  beat (): void { this.#write(': keepalive\n\n') }

  /** The last message, if there is one: JSON already. */
  end (message?: string): void {
    const event = message === undefined ? '' : eventOf(message)
    if (!this.#opened) this.#begin({ 'content-length': Buffer.byteLength(event) })
    this.#reply.raw.end(event)
  }

  #write (event: string): void {
    if (!this.#opened) this.#begin()
    if (!this.#reply.raw.destroyed) this.#reply.raw.write(event)
  }

  /** Takes the reply from Fastify, with the headers that hooks have set on it. */
  #begin (headers?: Record<string, number>): void {
    this.#opened = true
    this.#reply.hijack()
    this.#reply.raw.writeHead(200, { ...this.#reply.getHeaders(), ...HEADERS, ...this.#headers, ...headers } as Record<string, string | number>)
  }
}

const eventOf = (json: string) => `event: message\ndata: ${json}\n\n`
