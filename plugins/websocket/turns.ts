/** One who has something to do at the end of a turn. */
interface Waiting { flush (): void }

/** The turns of the event loop, as those who write in them count them. */
export class Turns {
  #now = 0
  #begun = false
  #waiting: Waiting[] = []

  /** The number of this one. */
  get now (): number {
    if (!this.#begun) this.#begin()
    return this.#now
  }

  /** Flushes it at the end of this turn. */
  atEnd (one: Waiting): void {
    this.#waiting.push(one)
    if (!this.#begun) this.#begin()
  }

  #begin () {
    this.#begun = true
    setImmediate(() => { this.#end() })
  }

  #end () {
    const waiting = this.#waiting
    this.#waiting = []
    this.#begun = false
    this.#now++
    for (const one of waiting) one.flush()
  }
}
