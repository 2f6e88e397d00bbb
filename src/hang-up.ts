import type { ServerResponse } from 'node:http'

/**
 * The `signal` of a call that came by HTTP: aborted when its caller is gone before the answer. It costs more than a small call,
 * and most never wait, so it is made when it is first read. (Fastify's `request.signal` follows the request's stream, which
 * closes once the body is read.)
 */
export class HangUp {
  readonly #raw: ServerResponse
  #gone: AbortController | undefined

  constructor (raw: ServerResponse) {
    this.#raw = raw
  }

  get signal (): AbortSignal {
    if (this.#gone === undefined) {
      const raw = this.#raw
      const gone = this.#gone = new AbortController()
      if (raw.closed) gone.abort()
      else raw.once('close', () => { if (!raw.writableFinished) gone.abort() })
    }
    return this.#gone.signal
  }
}
