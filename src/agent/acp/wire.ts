import type { AnyMessage, ClientContext, RequestPermissionResponse } from '@agentclientprotocol/sdk'
import { createLines, type Lines } from '../lines.ts'
import type { Question, Update } from './frame.ts'

export interface WireOptions {
  write (text: string): void
  /** Something came, whatever it is. */
  heard (): void
  update (sessionId: unknown, update: Update): void
  /** A question of the agent; `signal` aborts where it takes it back. */
  ask (question: Question, requestId: string, signal: AbortSignal): Promise<RequestPermissionResponse>
  /** A line of stdout was too long to be kept. */
  tooLong (bytes: number): void
}

/** When all that now follows from what was done is done: a tick that is asked for in a microtask begins after the last microtask. */
const afterwards = (then: () => void) => { queueMicrotask(() => { process.nextTick(then) }) }

export interface Wire {
  readonly agent: ClientContext
  /** Bytes of stdout. */
  push: Lines['push']
  /** No more bytes follow. `then` is called when all that came is dealt with; what still waits for an answer is rejected with `why`. */
  end (why: Error, then: () => void): void
}

/**
 * JSON-RPC over the stdio of one agent. Messages are dealt with one after the other, each to its end: the answer to a prompt is
 * never heard before the updates that came before it, nor after those that came later. Updates go past the SDK, which would
 * refuse the kinds that it does not know.
 */
export async function connect ({ write, heard, update, ask, tooLong }: WireOptions): Promise<Wire> {
  // It takes a while to load: not before the first agent that needs it.
  const { client } = await import('@agentclientprotocol/sdk')
  const waiting: AnyMessage[] = []
  let receive!: ReadableStreamDefaultController<AnyMessage>
  let going = false
  let finish: (() => void) | undefined

  const connection = client({ name: 'iris' })
    .onRequest('session/request_permission', params => params as Question, ({ params, requestId, signal }) => ask(params, String(requestId), signal))
    .connect({
      readable: new ReadableStream<AnyMessage>({ start (controller) { receive = controller } }),
      writable: new WritableStream<AnyMessage>({ write (message) { write(`${JSON.stringify(message)}\n`) } })
    })

  function deal (message: AnyMessage) {
    if ('method' in message && message.method === 'session/update' && !('id' in message)) {
      const { sessionId, update: what } = (message.params ?? {}) as { sessionId?: unknown, update?: Update }
      return update(sessionId, what ?? {})
    }
    heard()
    // An answer to nobody: it could not read what it was sent.
    if ('id' in message && message.id === null) return
    if (!connection.signal.aborted) receive.enqueue(message)
  }

  function next () {
    const message = waiting.shift()
    if (message === undefined) {
      going = false
      return finish?.()
    }
    afterwards(next)
    deal(message)
  }

  function go () {
    if (!going) afterwards(next)
    going = true
  }

  const lines = createLines({
    line (text) {
      let message: unknown
      try { message = JSON.parse(text) } catch { /* Not a message: a greeting, half a line of a dying process. */ }
      if (typeof message !== 'object' || message === null || Array.isArray(message)) return heard()
      waiting.push(message as AnyMessage)
      go()
    },
    tooLong
  })

  return {
    agent: connection.agent,
    push: lines.push,
    end (why, then) {
      lines.end()
      finish = () => {
        connection.close(why)
        then()
      }
      go()
    }
  }
}
