import type { Call } from '../../src/tool.ts'
import type { Carrier, Context, Extras } from './context.ts'
import type { Message } from './rpc.ts'

/** A request, from its coming to its answer. The client gives it up by `notifications/cancelled`, or by going away. */
export class Asked implements Context {
  readonly #carrier: Carrier
  #gone: AbortController | undefined
  #left = false
  capabilities: Message = {}
  notify: Context['notify']
  ask: Context['ask']

  constructor (carrier: Carrier) {
    this.#carrier = carrier
  }

  call (extras: Extras): Call { return this.#carrier.call(extras) }
  failed (err: unknown): void { this.#carrier.failed(err) }

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
