import type { Call } from '../../src/tool.ts'
import type { Context, Extras } from './context.ts'
import type { Message } from './rpc.ts'

/** A request, from its coming to its answer. The client gives it up by `notifications/cancelled`, or by going away. */
export class Asked implements Context {
  readonly #channel: { call (extras: Extras): Call, failed (err: unknown): void }
  #gone: AbortController | undefined
  #left = false
  capabilities: Message = {}
  notify: Context['notify']
  ask: Context['ask']

  constructor (channel: { call (extras: Extras): Call, failed (err: unknown): void }) {
    this.#channel = channel
  }

  call (extras: Extras): Call { return this.#channel.call(extras) }
  failed (err: unknown): void { this.#channel.failed(err) }

  get left (): boolean { return this.#left }

  get signal (): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.#left) this.#gone.abort()
    return this.#gone.signal
  }

  leave (): void {
    this.#left = true
    this.#gone?.abort()
  }
}
