import type { IncomingMessage } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Target } from './client.ts'
import { bearer, events, exchange, text } from './exchange.ts'
import { errorIn, isQuestion, modernHeaders, modernVersion, RpcFailure, type Message } from './mcp-message.ts'

/** Before a stream of notifications that ended is opened again, ms. */
const REOPEN = 1_000

export interface UpstreamOptions {
  clock: Clock
  /** Finds a living server, or starts one. */
  connect (): Promise<Target>
  /** Headers of every request. */
  headers: Readonly<Record<string, string>>
  /** Hears what the server says unasked. */
  hear (message: Message): Promise<void>
}

/** The `/mcp` of whichever server lives. */
export interface Upstream {
  /** Posts a message, yields each message of the answer. Throws RpcFailure, or whatever broke the connection. */
  send (message: Message | Message[], signal: AbortSignal): AsyncGenerator<Message>
  /** Ends the session, where there is one. Never rejects. */
  close (signal: AbortSignal): Promise<void>
}

/** The older generation: a session that the server names when it is opened. */
interface Session { id: string | undefined, version: string, opening: Message }

export function createUpstream ({ clock, connect, headers, hear }: UpstreamOptions): Upstream {
  let connecting: Promise<Target> | undefined
  let session: Session | undefined
  let opened: Promise<unknown> = Promise.resolve()
  let renewing: Promise<void> | undefined
  const closed = new AbortController()

  function target (): Promise<Target> {
    if (connecting !== undefined) return connecting
    const begun = connect()
    begun.catch(() => { forget(begun) })
    connecting = begun
    return begun
  }

  async function post (body: Message | Message[], signal: AbortSignal, again = true): Promise<IncomingMessage> {
    const connection = target()
    const { url, key } = await connection
    const version = modernVersion(body)
    try {
      return await exchange(`${url}/mcp`, {
        method: 'POST',
        headers: {
          ...common(key),
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...(version !== undefined ? modernHeaders(body as Message, version) : isOpening(body) ? {} : sessionHeaders())
        },
        body: JSON.stringify(body),
        signal
      })
    } catch (err) {
      if (signal.aborted) throw err
      // That server is gone. What never reached it may go to the next one, and so may what does no harm twice.
      forget(connection)
      if (again && ((err as NodeJS.ErrnoException).code === 'ECONNREFUSED' || isQuestion(body))) return await post(body, signal, false)
      throw err
    }
  }

  const common = (key: string | undefined) => ({ ...headers, ...bearer(key) })
  const sessionHeaders = () => session === undefined ? {} : { ...(session.id !== undefined && { 'mcp-session-id': session.id }), 'mcp-protocol-version': session.version }
  const forget = (connection: Promise<Target>) => { if (connecting === connection) connecting = undefined }

  async function * send (message: Message | Message[], signal: AbortSignal): AsyncGenerator<Message> {
    const modern = modernVersion(message) !== undefined
    const opening = isOpening(message)
    const before = opened
    const ready = !modern && (opening || isOpened(message)) ? holdBack() : undefined
    try {
      if (!modern) await before
      const used = session
      let response = await post(message, signal)
      // The session is unknown to a server that was started anew: it is opened again, behind the client's back.
      if (response.statusCode === 404 && used !== undefined && !modern && !opening) {
        response.resume()
        await (renewing ??= renew(used, signal).finally(() => { renewing = undefined }))
        response = await post(message, signal)
      }
      for await (const one of answer(response)) {
        if (opening && one.result !== undefined) remember(response, one, message as Message)
        yield one
      }
      if (isOpened(message)) void listen(session)
    } finally {
      ready?.()
    }
  }

  /** The two messages that open a session go one after the other, and what follows waits for them. */
  function holdBack (): () => void {
    let release!: () => void
    opened = new Promise<void>(resolve => { release = resolve })
    return release
  }

  function remember ({ headers }: IncomingMessage, { result }: Message, opening: Message): void {
    const id = headers['mcp-session-id']
    session = { id: typeof id === 'string' ? id : undefined, version: String(result?.protocolVersion), opening }
  }

  async function renew (old: Session, signal: AbortSignal): Promise<void> {
    if (session !== old) return
    const response = await post(old.opening, signal)
    for await (const one of answer(response)) if (one.result !== undefined) remember(response, one, old.opening)
    const accepted = await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, signal)
    accepted.resume()
    void listen(session)
  }

  /** Follows what the server says unasked, where it offers that. */
  async function listen (of: Session | undefined): Promise<void> {
    if (of?.id === undefined || of !== session || closed.signal.aborted) return
    try {
      const { url, key } = await target()
      const response = await exchange(`${url}/mcp`, { method: 'GET', headers: { ...common(key), ...sessionHeaders(), accept: 'text/event-stream' }, signal: closed.signal })
      if (response.statusCode !== 200) {
        response.resume()
        return
      }
      for await (const data of events(response)) await hear(JSON.parse(data) as Message)
    } catch {
      // A server that went away: the next request finds another, and opens the session there.
    }
    clock.after(REOPEN, () => { void listen(of) })
  }

  return {
    send,
    async close (signal) {
      closed.abort()
      if (session?.id === undefined || connecting === undefined) return
      try {
        const { url, key } = await connecting
        const response = await exchange(`${url}/mcp`, { method: 'DELETE', headers: { ...common(key), ...sessionHeaders() }, signal })
        response.resume()
      } catch {
        // It ends by itself after a while.
      }
    }
  }
}

const isOpening = (message: Message | readonly Message[]) => !Array.isArray(message) && (message as Message).method === 'initialize'
const isOpened = (message: Message | readonly Message[]) => !Array.isArray(message) && (message as Message).method === 'notifications/initialized'

/** The messages of an HTTP answer. Throws RpcFailure where it is an error. */
async function * answer (response: IncomingMessage): AsyncGenerator<Message> {
  const status = response.statusCode ?? 0
  if (status < 400 && response.headers['content-type']?.startsWith('text/event-stream')) {
    for await (const data of events(response)) yield JSON.parse(data) as Message
    return
  }
  const body = await text(response)
  if (status >= 400) throw new RpcFailure(errorIn(body, status))
  if (body.trim() === '') return
  yield * [JSON.parse(body) as Message | Message[]].flat()
}
