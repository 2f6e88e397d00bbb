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

/** Each tool that an operation calls counts as one request; the first was counted as the operation came. */
export function askedBy (request: FastifyRequest, call: MakeCall, own: { readonly signal: AbortSignal, readonly idempotencyKey?: unknown }): Asked & { callWith (idempotencyKey: unknown): Call } {
  let paid = true
  const callWith = (idempotencyKey: unknown) => call(request, {
    get signal () { return own.signal }, // made when it is read
    emit () {},
    idempotencyKey: idempotencyKey ?? own.idempotencyKey
  })
  return {
    callWith,
    async run (tool, input, idempotencyKey) {
      if (!paid) request.count()
      paid = false
      return tool.run(input, callWith(idempotencyKey))
    }
  }
}
