import type { Form } from './questions.ts'
import { isObject, type Id, type Message } from './rpc.ts'

interface Open { answered (result: unknown): void, refused (err: Error): void }

/** Puts questions to the client of one channel, each once, however many of its calls hear of it. */
export class ClientQuestions {
  readonly #say: (message: object) => void
  readonly #after: (ms: number, fn: () => void) => () => void
  readonly #open = new Map<unknown, Open>()
  readonly #asked = new Set<string>()
  /** Not from 0: the SDK's client takes no cancellation of a request with that id. */
  #last = 0

  constructor (say: (message: object) => void, after: (ms: number, fn: () => void) => () => void) {
    this.#say = say
    this.#after = after
  }

  /** Rejects where no answer comes `within` ms, or before the signal; the client is told that it need not answer any more. */
  async ask (question: string, form: Form, { signal, within }: { signal: AbortSignal, within: number }): Promise<unknown> {
    signal.throwIfAborted()
    if (this.#asked.has(question)) throw new Error('The client is asked already')
    this.#asked.add(question)
    const id: Id = ++this.#last
    let finish!: () => void
    try {
      return await new Promise<unknown>((resolve, reject) => {
        const withdraw = (reason: string) => {
          this.#say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, reason } })
          reject(new Error(reason))
        }
        const abort = () => { withdraw(String(signal.reason)) }
        const cancelTimer = this.#after(within, () => { withdraw('Nobody answered in time') })
        signal.addEventListener('abort', abort)
        finish = () => {
          cancelTimer()
          signal.removeEventListener('abort', abort)
        }
        this.#open.set(id, { answered: resolve, refused: reject })
        this.#say({ jsonrpc: '2.0', id, method: 'elicitation/create', params: form })
      })
    } finally {
      finish()
      this.#open.delete(id)
      this.#asked.delete(question)
    }
  }

  /** An answer of the client, to whatever it thinks it was asked. */
  hear ({ id, result, error }: Message): void {
    const open = this.#open.get(id)
    if (error === undefined) open?.answered(result)
    else open?.refused(new Error(isObject(error) ? String(error.message) : 'The client refused'))
  }

  /** The client is gone. */
  close (): void {
    for (const { refused } of this.#open.values()) refused(new Error('The client is gone'))
  }
}
