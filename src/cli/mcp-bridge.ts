import { once } from 'node:events'
import { createLines } from '../agent/lines.ts'
import type { Clock } from '../clock.ts'
import type { Target } from './client.ts'
import { failure, INVALID_REQUEST, modernVersion, PARSE_ERROR, requestIds, SERVER_ERROR, type Id, type Message } from './mcp-message.ts'
import { createUpstream, RpcFailure } from './mcp-upstream.ts'

/** Requests that may wait for their answers at once. */
const IN_FLIGHT = 256
/** How long answers may still come once stdin has ended, ms. */
const GRACE = 5_000

export interface BridgeOptions {
  stdin: NodeJS.ReadableStream
  stdout: NodeJS.WritableStream
  clock: Clock
  /** Finds a living server, or starts one. */
  connect (): Promise<Target>
  /** Headers of every request. */
  headers: Readonly<Record<string, string>>
  /** Hears what no client can be told. */
  say (message: string): void
  /** Ends the bridge before its stdin does. */
  signal: AbortSignal
}

/** MCP on stdio, carried to the `/mcp` of a server and back, message by message. Resolves when stdin or stdout has ended. */
export async function bridge ({ stdin, stdout, clock, connect, headers, say, signal }: BridgeOptions): Promise<void> {
  const inFlight = new Map<Id, { stop: AbortController, modern: boolean }>()
  const working = new Set<Promise<void>>()
  const over = new AbortController()
  let drained: Promise<unknown> | undefined

  /** One message, one line. Waits for a slow reader, and so does whoever calls. */
  async function write (message: Message): Promise<void> {
    if (over.signal.aborted || stdout.write(JSON.stringify(message) + '\n')) return
    await (drained ??= once(stdout, 'drain', { signal: over.signal }).catch(() => { /* over */ }).finally(() => { drained = undefined }))
  }

  const upstream = createUpstream({ clock, connect, headers, hear: write })

  async function carry (message: Message | Message[]): Promise<void> {
    const waiting = new Set(requestIds(message))
    if (inFlight.size + waiting.size > IN_FLIGHT) return await refuse(waiting, `More than ${IN_FLIGHT} requests wait for their answers already`)
    const entry = { stop: new AbortController(), modern: modernVersion(message) !== undefined }
    for (const id of waiting) inFlight.set(id, entry)
    try {
      for await (const one of upstream.send(message, AbortSignal.any([entry.stop.signal, over.signal]))) {
        if (one.method === undefined && one.id !== undefined && one.id !== null) waiting.delete(one.id)
        await write(one)
      }
      if (!entry.stop.signal.aborted) await refuse(waiting, 'The server ended the connection without an answer')
    } catch (err) {
      if (entry.stop.signal.aborted || over.signal.aborted) return
      const error = err instanceof RpcFailure ? err.error : undefined
      if (waiting.size === 0) say(`A message was not delivered: ${(err as Error).message}`)
      await refuse(waiting, `Iris went away: ${(err as Error).message}. What was begun there goes on or has ended there; tell_list shows it`, error)
    } finally {
      for (const id of requestIds(message)) if (inFlight.get(id) === entry) inFlight.delete(id)
    }
  }

  async function refuse (ids: Iterable<Id>, message: string, error = { code: SERVER_ERROR, message }): Promise<void> {
    for (const id of ids) await write(failure(id, error))
  }

  /** The client gives a request up. Without sessions, hanging up says so; with them, the server is told first. */
  async function cancel (notice: Message): Promise<void> {
    const entry = inFlight.get(notice.params?.requestId as Id)
    if (entry?.modern !== true) await carry(notice)
    entry?.stop.abort()
  }

  function take (line: string): void {
    if (line.trim() === '') return
    let message: Message | Message[]
    try {
      message = JSON.parse(line) as Message
    } catch {
      return track(write(failure(null, { code: PARSE_ERROR, message: 'Parse error: each line must be one JSON-RPC message' })))
    }
    const parts: unknown[] = [message].flat()
    if (parts.length === 0 || parts.some(part => typeof part !== 'object' || part === null || Array.isArray(part))) {
      return track(write(failure(null, { code: INVALID_REQUEST, message: 'Invalid request: a JSON-RPC message is an object' })))
    }
    track(!Array.isArray(message) && message.method === 'notifications/cancelled' ? cancel(message) : carry(message))
  }

  function track (work: Promise<void>): void {
    const one = work.catch((err: unknown) => { say((err as Error).message) }).finally(() => { working.delete(one) })
    working.add(one)
  }

  const lines = createLines({
    line: take,
    tooLong (bytes) { track(write(failure(null, { code: INVALID_REQUEST, message: `Invalid request: a message of ${bytes} bytes is too long` }))) }
  })
  stdout.on('error', () => { over.abort() })
  const ended = new Promise<void>(resolve => {
    stdin.on('data', (chunk: Buffer) => { lines.push(chunk) })
    for (const event of ['end', 'close', 'error']) stdin.on(event, () => { resolve() })
    for (const one of [signal, over.signal]) one.addEventListener('abort', () => { resolve() })
  })
  await ended
  lines.end()
  if (!signal.aborted) {
    const enough = new Promise<void>(resolve => { clock.after(GRACE, resolve) })
    await Promise.race([Promise.all(working), enough])
  }
  await upstream.close(over.signal)
  over.abort()
  stdin.pause()
}
