import { ConnectionLostError, IrisError } from './error.ts'
import { parseEvents } from './sse.ts'
import { backoff, refusal, send, type Wire } from './wire.ts'

/** Something that happened; or of the stream itself, without a `seq`: `resumed` and `caught_up`. */
export interface IrisEvent {
  event: string
  data: Record<string, unknown>
  /** Its number on the one line of the server: the cursor to go on from. */
  seq?: number
}

export interface FollowOptions {
  /** `session:<id>`: what is said in a session · `team:<name>`, `team:*`: its processes. Default: all that the key may hear. */
  rooms?: string[]
  /** The seq of the last event that is known; 0: from the beginning. Default: from now on. */
  after?: number
  /** Also `resumed` and `caught_up` where nothing was lost. */
  notices?: boolean
  /** How many attempts in a row may fail. Default: no bound. */
  retries?: number
  signal?: AbortSignal | undefined
}

/** A server that says nothing for so long is gone: it says something every 14 s, ms. */
const SILENCE = 45_000

/**
 * What happens, in order, once each. A connection that is lost is made again where it was. Where the server does not
 * keep all of what was missed any more, `{ event: 'resumed', data: { verdict: 'gap', … } }` says so.
 */
export async function * follow (wire: Wire, { rooms, after, notices = false, retries = Infinity, signal }: FollowOptions): AsyncGenerator<IrisEvent> {
  let cursor = after
  for (let failed = 0; ; failed++) {
    let wait: number | undefined
    try {
      for await (const one of connect(wire, rooms, cursor, signal)) {
        const { verdict, from, seq } = one.data
        if (one.seq !== undefined) cursor = one.seq
        else if (one.event === 'resumed') cursor = Number(from)
        else if (one.event === 'caught_up') cursor = Math.max(cursor ?? 0, Number(seq))
        if (one.event !== 'resumed') failed = 0
        if (one.seq !== undefined || notices || verdict === 'gap') yield one
      }
      if (failed >= retries) throw new ConnectionLostError(`${wire.url} ends the stream again and again`)
    } catch (err) {
      signal?.throwIfAborted()
      if (!(err instanceof Passing) || failed >= retries) throw err instanceof Passing ? err.error : err
      wait = err.wait
    }
    await wire.sleep(wait ?? backoff(wire, failed), signal)
  }
}

/** A failure that may pass. */
class Passing {
  readonly error: IrisError
  readonly wait: number | undefined

  constructor (error: IrisError, wait?: number) {
    this.error = error
    this.wait = wait
  }
}

/** One connection. Ends where the server ends it; throws Passing where it cannot be made or breaks, IrisError where it is refused. */
async function * connect (wire: Wire, rooms: string[] | undefined, cursor: number | undefined, signal: AbortSignal | undefined): AsyncGenerator<IrisEvent> {
  const own = new AbortController()
  const abort = () => { own.abort(signal?.reason) }
  let timer: ReturnType<typeof setTimeout> | undefined
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => { own.abort() }, SILENCE)
  }
  signal?.throwIfAborted()
  signal?.addEventListener('abort', abort, { once: true })
  heard()
  try {
    const response = await send(wire, {
      method: 'GET',
      path: '/api/events/stream',
      query: { rooms },
      headers: { accept: 'text/event-stream', ...(cursor !== undefined && { 'last-event-id': String(cursor) }) },
      signal: own.signal
    }).catch((err: unknown) => { throw new Passing(lost(wire, err)) })
    if (!response.ok || response.body === null) {
      const { error, wait } = await refusal(response)
      throw wait === null ? error : new Passing(error, wait)
    }
    const events = parseEvents(response.body)
    try {
      for (;;) {
        const { done, value } = await events.next().catch((err: unknown) => { throw new Passing(lost(wire, err)) })
        heard()
        if (done) return
        if (value === null) continue
        yield read(value.event, value.data, value.id)
      }
    } finally {
      await events.return(undefined)
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    own.abort()
  }
}

/** A stored event is a frame with its name within; what the stream says of itself is bare. */
function read (event: string, text: string, id: string | undefined): IrisEvent {
  const data = JSON.parse(text) as { data?: Record<string, unknown> } & Record<string, unknown>
  return id === undefined ? { event, data } : { event, data: data.data ?? {}, seq: Number(id) }
}

function lost (wire: Wire, cause: unknown): IrisError {
  return cause instanceof IrisError ? cause : new ConnectionLostError(`The connection to ${wire.url} is lost`, cause)
}
