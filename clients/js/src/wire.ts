import { ConnectionLostError, IrisError } from './error.ts'
import { errorOf, readErrorBody } from './errors.ts'

/** How the server is reached, and what the outside world is to this client. */
export interface Wire {
  /** Without a slash at its end. */
  readonly url: string
  readonly key: string | undefined
  /** How often a call is sent again at the most. */
  readonly retries: number
  readonly fetch: typeof fetch
  /** Rejects with the signal's reason when it is aborted. */
  sleep (ms: number, signal?: AbortSignal): Promise<void>
  /** From 0 to 1; spreads the retries of many clients. */
  random (): number
  newId (): string
}

export interface Request {
  method: string
  path: string
  query?: Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
  body?: object
  signal?: AbortSignal | undefined
}

/** ms */
const FIRST_WAIT = 250
const LONGEST_WAIT = 10_000
/** A server that says to come back later than this is not waited for, ms. */
const PATIENCE = 60_000

/** ms before the next attempt, after so many that failed in a row (0: the first). */
export function backoff (wire: Wire, failed: number): number {
  return Math.min(FIRST_WAIT * 2 ** failed, LONGEST_WAIT) * (0.5 + wire.random() / 2)
}

/** Sends one request once. Throws ConnectionLostError where no answer comes, else what the caller's signal says. */
export async function send (wire: Wire, { method, path, query = {}, headers = {}, body, signal }: Request): Promise<Response> {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) for (const one of [value].flat()) search.append(name, String(one))
  }
  const text = search.toString()
  try {
    return await wire.fetch(`${wire.url}${path}${text && `?${text}`}`, {
      method,
      headers: {
        ...(wire.key !== undefined && { authorization: `Bearer ${wire.key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal })
    })
  } catch (err) {
    signal?.throwIfAborted()
    throw new ConnectionLostError(`${wire.url} does not answer`, err)
  }
}

/** The error that an answer of 400 and above is, and the ms to wait before it makes sense to ask again; null: it never does. */
export async function refusal (response: Response): Promise<{ error: IrisError, wait: number | null | undefined }> {
  const body = readErrorBody(await response.text())
  const { status } = response
  const error = errorOf(body ?? { error: 'IrisError', message: `The server answered with status ${status}`, statusCode: status })
  const passing = status === 429 || status === 503 || (body === undefined && (status === 502 || status === 504))
  if (!passing) return { error, wait: null }
  const after = response.headers.get('retry-after')
  if (after === null || !/^\d+$/.test(after)) return { error, wait: undefined }
  return { error, wait: Number(after) * 1000 > PATIENCE ? null : Number(after) * 1000 }
}

/**
 * One request, sent again while that may help: where no answer came, and where the server says that it is too busy. What
 * changes something has an idempotency key, so it is done once, however often it is sent.
 */
export async function ask (wire: Wire, request: Request): Promise<unknown> {
  for (let failed = 0; ; failed++) {
    const outcome = await attempt(wire, request)
    if (outcome.error === undefined) return outcome.result
    if (outcome.wait === null || failed >= wire.retries) throw outcome.error
    await wire.sleep(outcome.wait ?? backoff(wire, failed), request.signal)
  }
}

type Outcome = { error?: undefined, result: unknown } | { error: IrisError, wait: number | null | undefined }

async function attempt (wire: Wire, request: Request): Promise<Outcome> {
  try {
    const response = await send(wire, request)
    if (!response.ok) return await refusal(response)
    return { result: await response.json() }
  } catch (err) {
    request.signal?.throwIfAborted()
    // An answer that breaks off is as good as none.
    return { error: err instanceof IrisError ? err : new ConnectionLostError(`${wire.url} broke off its answer`, err), wait: undefined }
  }
}
