import { request as http, type IncomingMessage } from 'node:http'
import { request as https } from 'node:https'
import type { Attempt } from '../../schemas/webhook.ts'
import type { Clock } from '../clock.ts'
import { wayFailed } from './failure.ts'
import type { Guard } from './guard.ts'

export interface Parcel {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What came of a request. Without `error` it was taken. */
export interface Sent extends Attempt {
  /** ms that the other side asks to be left alone. */
  retryAfter?: number
  /** It was ended from here: that says nothing of the other side. */
  aborted?: true
}

/** Bytes of an answer that are read; nothing of them is kept. */
const ANSWER = 64 * 1024

/**
 * One POST to an address that the guard lets through. Never rejects. A redirect is not followed: where it leads, nobody has
 * asked for. The whole takes `timeout` ms at most.
 */
export function send ({ url, headers, body }: Parcel, { clock, guard, timeout, signal }: {
  clock: Clock, guard: Guard, timeout: number, signal: AbortSignal
}): Promise<Sent> {
  const at = clock.now()
  const began = clock.elapsed()
  const failed = (error: string): Sent => ({ at, duration: Math.round(clock.elapsed() - began), error })
  if (signal.aborted) return Promise.resolve({ ...failed('ended from here'), aborted: true })
  try {
    guard.check(url) // a literal address is connected to without a lookup
  } catch (err) {
    return Promise.resolve(failed((err as Error).message))
  }
  return new Promise(resolve => {
    let answer: IncomingMessage | undefined
    let failure: string | undefined
    const request = (url.startsWith('https:') ? https : http)(url, {
      method: 'POST',
      agent: false,
      lookup: guard.lookup,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) }
    })
    const give = (why: string) => {
      failure ??= why
      request.destroy()
    }
    const cancel = clock.after(timeout, () => { give(`no answer within ${timeout} ms`) })
    const abort = () => { give('ended from here') }
    signal.addEventListener('abort', abort, { once: true })
    request.on('response', response => {
      answer = response
      let size = 0
      response.on('error', () => {}) // what it said first stands
      response.on('data', (part: Buffer) => {
        size += part.length
        if (size > ANSWER) request.destroy()
      })
    })
    request.on('error', err => { failure ??= wayFailed(err, url) })
    request.on('close', () => {
      cancel()
      signal.removeEventListener('abort', abort)
      const sent = { at, duration: Math.round(clock.elapsed() - began) }
      resolve(answer === undefined
        ? { ...sent, error: failure ?? 'the connection was closed without an answer', ...(signal.aborted && { aborted: true as const }) }
        : { ...sent, ...verdict(answer) })
    })
    request.end(body)
  })
}

function verdict ({ statusCode = 0, headers }: IncomingMessage): Pick<Sent, 'status' | 'error' | 'retryAfter'> {
  if (statusCode >= 200 && statusCode < 300) return { status: statusCode }
  const seconds = /^\d{1,6}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) : undefined
  return {
    status: statusCode,
    error: statusCode >= 300 && statusCode < 400 ? `redirects (${statusCode}) are not followed` : `answered ${statusCode}`,
    ...(seconds !== undefined && { retryAfter: seconds * 1000 })
  }
}
