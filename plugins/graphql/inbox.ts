/** An operation of a client, until it has ended here, which may be after the client completed it. */
interface Running { readonly gone: AbortController, completed: boolean, ended: Promise<void> }

export interface InboxOptions {
  /** Resolves when what the message asks for has ended. */
  hear (text: string): Promise<void>
  refuse (code: number, reason: string): void
}

/** Messages that wait for an operation to end. */
const MAX_WAITING = 100
/** What only a server says. */
const OURS: ReadonlySet<unknown> = new Set(['connection_ack', 'next', 'error'])

/**
 * The messages of one socket on their way to graphql-ws. It knows an operation by its id alone: a client that completes one
 * and takes the id for another would get the answer of the first as that of the second, and could never end the second. So
 * what comes for an id waits until its completed operation has ended, which is soon: nothing waits for an answer that nobody hears.
 */
export class Inbox {
  readonly #hear: InboxOptions['hear']
  readonly #refuse: InboxOptions['refuse']
  readonly #running = new Map<string, Running>()
  #waiting = 0

  constructor ({ hear, refuse }: InboxOptions) {
    this.#hear = hear
    this.#refuse = refuse
  }

  async take (text: string): Promise<void> {
    const { type, id } = headOf(text)
    if (OURS.has(type)) return this.#refuse(4400, 'Invalid message received')
    if (typeof id !== 'string' || (type !== 'subscribe' && type !== 'complete')) return this.#hear(text)
    const before = this.#running.get(id)
    if (before?.completed === true) {
      if (this.#waiting === MAX_WAITING) return this.#refuse(1013, 'The answers before are not read')
      this.#waiting++
      await before.ended
      this.#waiting--
      return this.take(text)
    }
    if (type === 'subscribe' && before === undefined) return this.#begin(id, text)
    if (type === 'complete' && before !== undefined) {
      before.completed = true
      before.gone.abort()
    }
    return this.#hear(text)
  }

  #begin (id: string, text: string): Promise<void> {
    const one: Running = { gone: new AbortController(), completed: false, ended: Promise.resolve() }
    this.#running.set(id, one)
    const heard = this.#hear(text)
    one.ended = heard.catch(() => {}).then(() => { this.#running.delete(id) })
    return heard
  }

  /** Its signal is aborted when nobody hears of the operation of this id any more. */
  goneOf (id: string): { readonly signal: AbortSignal } {
    return this.#running.get(id)!.gone
  }

  /** The socket is closed. */
  end (): void {
    for (const { gone } of this.#running.values()) gone.abort()
  }
}

function headOf (text: string): { type?: unknown, id?: unknown } {
  try {
    return Object(JSON.parse(text)) as object
  } catch {
    return {} // refused by who hears it
  }
}
