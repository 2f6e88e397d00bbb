import type { Wire } from './outbox.ts'
import type { Prepared } from './prepared.ts'

/**
 * Writes the same to many, once each of them has been looked at: a write goes through the whole of TCP, and what was fetched
 * of the next client by then would have to be fetched again.
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
    this.#wires.push(wire)
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
