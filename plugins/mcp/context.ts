import type { Call, Progress } from '../../src/tool.ts'
import type { Note } from './progress.ts'
import type { Form } from './questions.ts'
import type { Message } from './rpc.ts'

/** What a carrier adds to a call. The signal is made when it is read, since most calls never wait: hand it on by a getter, unread. */
export interface Extras {
  readonly signal: AbortSignal
  emit (progress: Progress): void
  /** ms */
  patience?: number
  /** `_meta.idempotencyKey` of the request. */
  readonly idempotencyKey?: unknown
  /** The request came long ago: who is behind it is to be judged anew. */
  readonly late?: boolean
}

/** One request as its carrier, whichever generation of the protocol that speaks, hands it on. */
export interface Context {
  /** Makes the call that a tool runs in. */
  call (extras: Extras): Call
  /** Made when it is first read. */
  readonly signal: AbortSignal
  /** What the client has declared that it can do. */
  readonly capabilities: Message
  /** Tells the client how far it is; absent where the client asked for none. */
  notify?: ((note: Note) => void) | undefined
  /**
   * Has the client show a form to its person, while the call runs or after it; `within` ms. Rejects where no answer comes. Absent
   * in the generation where a result asks, and the client calls again.
   */
  ask?: ((id: string, form: Form, until: { signal: AbortSignal, within: number }) => Promise<unknown>) | undefined
  /** Records a fault of ours, which the client is told nothing about. */
  failed (err: unknown): void
}

/** What a request has of the connection that it came by. */
export type Carrier = Pick<Context, 'call' | 'failed'>

/** What a method is answered with. That of a tool is a ToolResult, unless it asks the client something first. */
export type Result = object

const silent = () => {}

interface Given {
  emit?: Extras['emit'] | undefined
  patience?: number
  idempotencyKey?: unknown
  late?: boolean
  /** Aborted when the call is left before its end. */
  left?: AbortSignal | undefined
}

/** What one call has of the request that it is made for. */
export class Own implements Extras {
  readonly #context: Context
  readonly #left: AbortSignal | undefined
  #signal: AbortSignal | undefined
  readonly emit: Extras['emit']
  readonly patience: number
  readonly idempotencyKey: unknown
  readonly late: boolean

  constructor (context: Context, { emit = silent, patience = 0, idempotencyKey, late = false, left }: Given = {}) {
    this.#context = context
    this.#left = left
    this.emit = emit
    this.patience = patience
    this.idempotencyKey = idempotencyKey
    this.late = late
  }

  get signal (): AbortSignal {
    return this.#signal ??= this.#left === undefined ? this.#context.signal : AbortSignal.any([this.#context.signal, this.#left])
  }
}
