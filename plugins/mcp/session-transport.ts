import type { Transport, TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage, MessageExtraInfo } from '@modelcontextprotocol/sdk/types.js'
import type { Id } from './rpc.ts'
import type { EventStream } from './stream.ts'

/** How often a reply that says nothing else says that it is alive, ms. */
const BEAT = 15_000

/** The reply of one POST, and how many of its requests wait for their answers. */
interface Replying { readonly stream: EventStream, waiting: number }

/**
 * One session's way between the SDK and HTTP: what belongs to a request goes out in the reply of the POST that brought it. The
 * SDK's own makes a web request, response and stream of each POST, which costs more than all the rest of a call.
 */
export class SessionTransport implements Pick<Transport, 'start' | 'send' | 'close'> {
  readonly #after: ((ms: number, fn: () => void) => unknown) | undefined
  readonly #asked = new Map<Id, Replying>()
  readonly #open = new Set<Replying>()
  #beating = false
  #closed = false
  sessionId?: string
  onclose?: () => void
  onerror?: (err: Error) => void
  onmessage?: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void

  /** `after` runs something once; without it no stream says that it is alive. */
  constructor (after?: (ms: number, fn: () => void) => unknown) {
    this.#after = after
  }

  async start (): Promise<void> {}

  async send (message: JSONRPCMessage, { relatedRequestId }: TransportSendOptions = {}): Promise<void> {
    const answers = !('method' in message)
    const id = answers ? message.id : relatedRequestId
    if (id === undefined) return // there is no stream for what belongs to no request
    const replying = this.#asked.get(id)
    if (replying === undefined) throw new Error(`Nobody waits for the answer to ${id}`)
    if (!answers) return replying.stream.send(message)
    this.#asked.delete(id)
    if (--replying.waiting > 0) return replying.stream.send(message)
    this.#open.delete(replying)
    replying.stream.end(JSON.stringify(message))
  }

  /** Whether an id of these waits for its answer already, or is there twice: whose an answer is could not be told. */
  confuses (messages: readonly JSONRPCMessage[]): boolean {
    const ids = idsOf(messages)
    return new Set(ids).size < ids.length || ids.some(id => this.#asked.has(id))
  }

  /** Takes the messages of one POST that asks something. What they are answered with goes into `stream`; the returned function says that it is closed. */
  receive (messages: readonly JSONRPCMessage[], extra: MessageExtraInfo, stream: EventStream): () => void {
    const ids = idsOf(messages)
    const replying = { stream, waiting: ids.length }
    this.#open.add(replying)
    for (const id of ids) this.#asked.set(id, replying)
    for (const message of messages) this.hear(message, extra)
    this.#beatLater()
    setImmediate(() => { if (this.#open.has(replying)) stream.open() }) // so that a client which waits knows that it is heard
    return () => {
      this.#open.delete(replying)
      for (const id of ids) if (this.#asked.get(id) === replying) this.#asked.delete(id)
    }
  }

  /** Takes one message. A request that it gives up gets no answer, so the reply that would bring it does not wait for it. */
  hear (message: JSONRPCMessage, extra?: MessageExtraInfo): void {
    this.onmessage?.(message, extra)
    if (!('method' in message) || message.method !== 'notifications/cancelled') return
    const id = message.params?.requestId as Id | undefined
    const replying = id === undefined ? undefined : this.#asked.get(id)
    if (replying === undefined) return
    this.#asked.delete(id!)
    if (--replying.waiting > 0 || !this.#open.delete(replying)) return
    replying.stream.end()
  }

  async close (): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const { stream } of this.#open) stream.end()
    this.#open.clear()
    this.#asked.clear()
    this.onclose?.()
  }

  /** One timer for all replies of the session, and none while there are none: it is not taken back for each that ends. */
  #beatLater (): void {
    if (this.#beating || this.#after === undefined) return
    this.#beating = true
    this.#after(BEAT, () => {
      this.#beating = false
      for (const { stream } of this.#open) stream.beat()
      if (this.#open.size > 0) this.#beatLater()
    })
  }
}

const idsOf = (messages: readonly JSONRPCMessage[]): Id[] => messages.flatMap(message => 'method' in message && 'id' in message ? [message.id] : [])
