import type { FastifyReply } from 'fastify'

/** What a reader may leave unread before it is sent no more progress, bytes. */
export const BACKLOG = 1024 * 1024

/** Takes the reply from Fastify, with the headers that hooks have set on it. */
export function takeOver (reply: FastifyReply): FastifyReply['raw'] {
  const headers = reply.getHeaders()
  reply.hijack()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  return reply.raw
}

/** One reply as server-sent events. Opened by the first event, so that a call without any is plain JSON. */
export class EventStream {
  readonly #reply: FastifyReply
  #raw: FastifyReply['raw'] | undefined

  constructor (reply: FastifyReply) {
    this.#reply = reply
  }

  get opened (): boolean { return this.#raw !== undefined }

  send (message: object): void { this.#write(JSON.stringify(message)) }

  #write (message: string): void {
    if (this.#raw === undefined) {
      this.#raw = takeOver(this.#reply)
      this.#raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' })
    }
    if (!this.#raw.destroyed) this.#raw.write(`event: message\ndata: ${message}\n\n`)
  }

  /** As `send`, unless the reader is too far behind: progress may be left out, the result says it all. */
  offer (message: object): void {
    if (this.#reply.raw.writableLength < BACKLOG) this.send(message)
  }

  /** `message` is JSON already. */
  end (message: string): void {
    this.#write(message)
    this.#raw!.end()
  }
}
