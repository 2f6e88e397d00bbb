import { createLines } from '../agent/lines.ts'
import type { Clock } from '../clock.ts'
import { PayloadTooLargeError, toErrorBody } from '../errors.ts'
import type { Link, LinkEvents } from './mcp-link.ts'
import { answerTo, failure, gone, INVALID_REQUEST, isQuestion, PARSE_ERROR, reasonOf, requestIds, SERVER_ERROR, type Id, type Message, type RpcError } from './mcp-message.ts'
import { createWriter } from './mcp-writer.ts'

/** Requests that may wait for their answers at once. */
const IN_FLIGHT = 256
/** How long answers may still come once stdin has ended, ms. */
const GRACE = 5_000
/** Of the request that opens a session anew, whose answer is not for the client. */
const REOPENING = 'iris:reopening'

export interface BridgeOptions {
  stdin: NodeJS.ReadableStream
  stdout: NodeJS.WritableStream
  clock: Clock
  /** Finds a living server, or starts one, and opens a link to it. */
  connect (events: LinkEvents): Promise<Link>
  /** Hears what no client can be told. */
  say (message: string): void
  /** Ends the bridge before its stdin does. */
  signal: AbortSignal
}

/** What waits for its answer, or to be sent. */
interface Sent { readonly line: string, readonly message: Message | Message[], again: boolean }

/** MCP on stdio, carried to a server and back, message by message. Resolves when stdin or stdout has ended. */
export async function bridge ({ stdin, stdout, clock, connect, say, signal }: BridgeOptions): Promise<void> {
  const inFlight = new Map<Id, Sent>()
  /** What came while there was no link. */
  const waiting: Sent[] = []
  let link: Link | undefined
  let connecting: Promise<void> | undefined
  /** How the session was opened, in the generation that has them. */
  let opening: Message | undefined
  let quiet: (() => void) | undefined
  const over = new AbortController()
  const writer = createWriter(stdout, over.signal)
  const write = (message: Message) => { void writer.write(JSON.stringify(message)) }

  function hear (answer: string | Buffer): Promise<void> | undefined {
    const { id, ok } = answerTo(answer)
    if (id === undefined) return writer.write(answer)
    const asked = inFlight.get(id)
    if (asked === undefined) return // it was given up, or is ours
    inFlight.delete(id)
    if (ok && !Array.isArray(asked.message) && asked.message.method === 'initialize') opening = asked.message
    const full = writer.write(answer)
    rest()
    return full
  }

  /** The server is gone. What asks without changing anything is asked again elsewhere, once. */
  function lost (why: string): void {
    link = undefined
    const asked = [...new Set(inFlight.values())]
    for (const one of asked) {
      if (!one.again && isQuestion(one.message)) {
        one.again = true
        waiting.push(one)
      } else refuse(one, gone(why), unanswered(one))
    }
    if (waiting.length > 0) reconnect()
    rest()
  }

  const unanswered = (one: Sent) => requestIds(one.message).filter(id => inFlight.get(id) === one)

  function refuse (one: Sent, error: RpcError, ids = requestIds(one.message)): void {
    if (requestIds(one.message).length === 0) say(`A message was not delivered: ${error.message}`)
    for (const id of ids) {
      if (inFlight.get(id) === one) inFlight.delete(id)
      write(failure(id, error))
    }
    rest()
  }

  function reconnect (): void {
    connecting ??= open().finally(() => {
      connecting = undefined
      if (link === undefined && waiting.length > 0) reconnect() // lost as soon as it was there
      rest()
    })
  }

  async function open (): Promise<void> {
    let made: Link
    try {
      made = await connect({ hear, lost }).catch((err: unknown) => {
        if ((err as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw err
        return connect({ hear, lost }) // that server is gone; nothing has reached it
      })
    } catch (err) {
      const error = reasonOf(err as Error)
      for (const one of waiting.splice(0)) refuse(one, error, unanswered(one))
      return
    }
    if (over.signal.aborted) return await made.close(Promise.resolve())
    link = made
    // A server that was started anew does not know of the session: it is opened again, behind the client's back.
    if (opening !== undefined && made.forgetful) {
      for (const message of [{ ...opening, id: REOPENING }, { jsonrpc: '2.0', method: 'notifications/initialized' } as const]) made.send(JSON.stringify(message), message)
    }
    for (const one of waiting.splice(0)) deliver(made, one)
  }

  function send (one: Sent): void {
    if (link !== undefined) return deliver(link, one)
    waiting.push(one)
    reconnect()
  }

  function deliver (to: Link, one: Sent): void {
    // A character is at most three bytes.
    if (one.line.length * 3 > to.limit && Buffer.byteLength(one.line) > to.limit) refuse(one, tooLarge())
    else to.send(one.line, one.message)
  }

  function take (line: string): void {
    if (line.trim() === '') return
    let message: Message | Message[]
    try {
      message = JSON.parse(line) as Message
    } catch {
      write(failure(null, { code: PARSE_ERROR, message: 'Parse error: each line must be one JSON-RPC message' }))
      return
    }
    const parts: unknown[] = Array.isArray(message) ? message : [message]
    if (parts.length === 0 || parts.some(part => typeof part !== 'object' || part === null || Array.isArray(part))) {
      write(failure(null, { code: INVALID_REQUEST, message: 'Invalid request: a JSON-RPC message is an object' }))
      return
    }
    const one = { line, message, again: false }
    const ids = requestIds(message)
    if (ids.some(id => typeof id !== 'string' && !Number.isSafeInteger(id))) {
      write(failure(null, { code: INVALID_REQUEST, message: 'Invalid request: an id is a string or an integer' }))
      return
    }
    if (ids.length > 0 && inFlight.size + ids.length + writer.unread > IN_FLIGHT) return refuse(one, { code: SERVER_ERROR, message: `More than ${IN_FLIGHT} requests wait for their answers already` })
    for (const id of ids) inFlight.set(id, one)
    send(one)
    if (!Array.isArray(message) && message.method === 'notifications/cancelled') inFlight.delete(message.params?.requestId as Id)
  }

  function tooLarge (): RpcError {
    const body = toErrorBody(new PayloadTooLargeError('The body is larger than this server takes (api.bodyLimit in config.yaml)'), clock.now())
    return { code: body.statusCode, message: body.message, data: body }
  }

  /** Nothing waits any more: whoever waits for that goes on. */
  function rest (): void {
    if (inFlight.size === 0 && waiting.length === 0 && connecting === undefined) quiet?.()
  }

  const lines = createLines({
    line: take,
    broken () { write(failure(null, { code: PARSE_ERROR, message: 'Parse error: the line is not valid UTF-8' })) },
    tooLong (bytes) { write(failure(null, { code: INVALID_REQUEST, message: `Invalid request: a message of ${bytes} bytes is too long` })) }
  })
  stdout.on('error', () => { over.abort() })
  const ended = new Promise<void>(resolve => {
    stdin.on('data', (chunk: Buffer) => { lines.push(chunk) })
    for (const event of ['end', 'close', 'error']) stdin.on(event, () => { resolve() })
    for (const one of [signal, over.signal]) one.addEventListener('abort', () => { resolve() })
  })
  await ended
  lines.end()
  const enough = signal.aborted || over.signal.aborted ? Promise.resolve() : new Promise<void>(resolve => { clock.after(GRACE, resolve) })
  const answered = new Promise<void>(resolve => { quiet = resolve; rest() })
  await Promise.race([answered, enough])
  await link?.close(enough)
  writer.flush()
  over.abort()
  stdin.pause()
}
