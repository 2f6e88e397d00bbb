import type { Wire } from './outbox.ts'
import type { Prepared } from './prepared.ts'

/** Clients that are looked at before they are written to. With many more, what was fetched of the first is gone when it is written to. */
const AT_ONCE = 64

/**
 * Writes the same to many, some at a time, and only once each of them has been looked at: a write goes through the whole of TCP, which
 * leaves nothing in the processor's cache of what it is about to need of the next client. Looked at one right after the other, several
 * are fetched from memory at the same time.
 */
export class Volley {
  #prepared: Prepared | undefined
  #wires: Array<Pick<Wire, 'write'>> = []

  /** Returns what writes it. */
  add (wire: Pick<Wire, 'write'>, prepared: Prepared): () => void {
    if (this.#prepared !== prepared) {
      this.go()
      this.#prepared = prepared
    }
    if (this.#wires.push(wire) >= AT_ONCE) this.go()
    return this.go
  }

  readonly go = (): void => {
    if (this.#prepared === undefined) return
    const { frames } = this.#prepared
    const wires = this.#wires
    this.#prepared = undefined
    this.#wires = []
    for (const wire of wires) wire.write(frames)
  }
}
