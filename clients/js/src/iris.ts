import { TellTimeoutError } from './error-names.ts'
import { follow, type FollowOptions, type IrisEvent } from './follow.ts'
import { answerOf, failure, TellStream, WAIT, type Answer } from './stream.ts'
import { ROUTES, Tools, type CallOptions } from './tools.ts'
import { ask, type Wire } from './wire.ts'

export interface IrisOptions extends Partial<Pick<Wire, 'fetch' | 'sleep' | 'random' | 'newId'>> {
  /** Default: where the page comes from; outside browsers http://127.0.0.1:1615 */
  url?: string
  /** Default: none, for a server that wants none. */
  key?: string
  /** How often a call is sent again at the most, where that may help. Default: 4 */
  retries?: number
}

export interface TellOptions {
  /** Who speaks. Default: the key's own name. */
  from?: string
  /** How long to wait for the answer, ms. Default: as long as it takes. */
  timeout?: number
  /** A UUID of your choice: the same id and message is the same tell. */
  tellId?: string
  signal?: AbortSignal
}

/** A server of Iris. Every tool is a method of its name; `tell`, `stream` and `events` are what one mostly wants. */
export class Iris extends Tools {
  readonly #wire: Wire

  constructor ({ url, key, retries = 4, ...world }: IrisOptions = {}) {
    super()
    // Elsewhere than on a page there is nothing that it could be relative to.
    if (url !== undefined && globalThis.location === undefined && !/^https?:\/\/./.test(url)) throw new TypeError(`'${url}' is no URL of a server; expected e.g. http://127.0.0.1:1615`)
    // Read from a file it has a line break at its end.
    const token = key?.trim()
    if (token !== undefined && /[^\t\x20-\x7e\x80-\xff]/.test(token)) throw new TypeError('The key has a character that no key has')
    this.#wire = {
      url: (url ?? (globalThis.location as Location | undefined)?.origin ?? 'http://127.0.0.1:1615').replace(/\/+$/, '').replace(/\/api$/, ''),
      key: token,
      retries,
      fetch: (input, init) => fetch(input, init),
      sleep,
      random: Math.random,
      newId,
      ...world
    }
  }

  /** Calls a tool by its name, e.g. one that is newer than this library's methods but known to its table. */
  async call<T> (tool: string, input: object, { signal, idempotencyKey }: CallOptions = {}): Promise<T> {
    const route = ROUTES[tool]
    if (route === undefined) throw new TypeError(`There is no tool '${tool}'`)
    const rest: Record<string, unknown> = { ...input }
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = rest[name]
      delete rest[name]
      if (value === undefined || value === '') throw new TypeError(`${tool} needs '${name}'`)
      return encodeURIComponent(String(value))
    })
    // What the route does not know goes where the server says why it is refused.
    const inQuery = route.method !== 'POST'
    return await ask(this.#wire, {
      method: route.method,
      path,
      ...(inQuery ? { query: rest } : { body: rest }),
      ...(route.keyed && { headers: { 'idempotency-key': idempotencyKey ?? this.#wire.newId() } }),
      signal
    }) as T
  }

  /** Sends a message to a team and waits for its answer. Throws what the tell failed with; TellTimeoutError where the wait ends first: the tell goes on. */
  async tell (team: string, message: string, { from, timeout, tellId = this.#wire.newId(), signal }: TellOptions = {}): Promise<Answer> {
    const options = { ...(signal && { signal }) }
    let left = timeout ?? Infinity
    const slice = () => Math.min(left, WAIT)
    const input = { toTeam: team, message, ...(from !== undefined && { fromTeam: from }), timeout: slice(), tellId }
    let sessionId: unknown
    let response: unknown
    try {
      const told = await this.teamTell(input, options)
      if (!told.async) return answerOf(told, told.response ?? '')
      sessionId = told.sessionId
    } catch (err) {
      if (!(err instanceof TellTimeoutError) || err.details.tellId !== tellId) throw err
      ;({ sessionId, response } = err.details)
    }
    for (left -= slice(); left > 0; left -= slice()) {
      const tell = await this.tellGet({ tellId, wait: slice() }, options)
      if (tell.error !== undefined) throw failure(tell.error, { ...tell })
      if (tell.state === 'completed') return answerOf(tell, tell.response)
      response = tell.response
    }
    throw new TellTimeoutError({
      error: 'TellTimeoutError',
      message: `No answer within ${timeout} ms. The tell goes on: tell_get finds its answer by the tellId`,
      statusCode: 408,
      details: { tellId, sessionId, response }
    })
  }

  /** Sends a message to a team; the answer as it grows, whatever happens to the connection. */
  stream (team: string, message: string, { from, tellId = this.#wire.newId(), signal, retries = 10 }: Omit<TellOptions, 'timeout'> & { retries?: number } = {}): TellStream {
    return new TellStream(this.#wire, this, { toTeam: team, message, ...(from !== undefined && { fromTeam: from }), tellId }, { signal, retries })
  }

  /** What happens on the server, in order, once each, from `after` or from now on, until you stop reading. */
  events (options: FollowOptions = {}): AsyncGenerator<IrisEvent> {
    return follow(this.#wire, options)
  }
}

async function sleep (ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(done, ms)
    function done () {
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    function stop () {
      clearTimeout(timer)
      reject(signal!.reason as Error)
    }
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}

/** A random UUID. `crypto.randomUUID` is missing on pages that do not come by HTTPS. */
function newId (): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
