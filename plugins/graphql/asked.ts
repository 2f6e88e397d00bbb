import { setMaxListeners } from 'node:events'
import type { FastifyRequest } from 'fastify'
import type { Call, Tool } from '../../src/tool.ts'

export type MakeCall = (request: FastifyRequest, own: Pick<Call, 'signal' | 'emit' | 'idempotencyKey'>) => Call

/** What a resolver works with: one operation of one caller. */
export interface Asked {
  /** Runs a tool for this caller, once its limit bears it. */
  run (tool: Tool, input: Record<string, unknown>, idempotencyKey: unknown): Promise<Record<string, unknown>>
  /** Begins to hear events: only who asks through a socket. */
  stream? (input: Record<string, unknown>): Promise<AsyncIterable<unknown>>
}

/** Whose signal is made when it is read: hand it on unread. */
interface Gone { readonly signal: AbortSignal }

/** Each tool that an operation calls counts as one request; the first was counted as the operation came. */
export function askedBy (request: FastifyRequest, call: MakeCall, gone: Gone, ownKey?: unknown): Asked & { callWith (idempotencyKey: unknown): Call } {
  let paid = true
  const callWith = (idempotencyKey: unknown) => call(request, new Asker(gone, idempotencyKey ?? ownKey))
  return {
    callWith,
    async run (tool, input, idempotencyKey) {
      if (!paid) request.count()
      paid = false
      return tool.run(input, callWith(idempotencyKey))
    }
  }
}

/**
 * What a call knows of its caller. An object literal with an accessor would have a shape of its own, which V8 keeps among what
 * is old: it would hold on to the whole request long after its end.
 */
class Asker {
  readonly #gone: Gone
  readonly idempotencyKey: unknown

  constructor (gone: Gone, idempotencyKey: unknown) {
    this.#gone = gone
    this.idempotencyKey = idempotencyKey
  }

  get signal (): AbortSignal {
    const { signal } = this.#gone
    setMaxListeners(0, signal) // each tool of an operation listens to the one signal: that is no leak
    return signal
  }

  emit (): void {}
}
