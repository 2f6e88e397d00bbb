/** A stored event on its way out. */
export interface Published { readonly seq: number, readonly event: { readonly data: object }, text (): string }

export interface Interest { room: string, wants (published: Published): boolean }

/** A cursor in the log, and who reads by it. */
export type Follow = (reader: { deliver (run: readonly Published[]): void, full (): boolean, unread (): number, whenDrained (go: () => void): () => void, giveUp (): void }) => {
  join (room: string, wants: (published: Published) => boolean, name: string): void
  hold (): void
  seek (after: number, caughtUp: (seq: number) => void): void
  stop (): void
}

/** Bytes that wait to be asked for, nearly: where there are more, what follows stays in the log. */
const FULL = 256 * 1024

/**
 * One subscription to the log. Its reader asks for each item when the one before is written through, so one that reads slowly
 * makes nothing grow but its distance from the log's end; one that reads nothing for a while is given up.
 */
export class Stream implements AsyncIterableIterator<object> {
  readonly #feed: ReturnType<Follow>
  #items: { item: object, size: number, seq?: number }[] = []
  #waiting = 0
  /** Of the item that is being written. */
  #written = 0
  #wake: (() => void) | undefined
  #drained: (() => void) | undefined
  #over = false
  #ended: () => void
  #lastSeq: number

  constructor (follow: Follow, { resumed, interests, tooSlow, ended }: {
    resumed: { from: number } & object
    interests: readonly Interest[]
    /** The reader does not get on: the last event it was sent. */
    tooSlow (lastSeq: number): void
    ended (stream: Stream): void
  }) {
    this.#lastSeq = resumed.from
    this.#ended = () => { ended(this) }
    this.#feed = follow({
      deliver: run => { for (const published of run) this.#push({ ...published.event, payload: published.event.data }, published.text().length, published.seq) },
      full: () => this.#waiting + this.#written > FULL,
      unread: () => this.#waiting + this.#written,
      whenDrained: go => {
        this.#drained = go
        return () => { this.#drained = undefined }
      },
      giveUp: () => { tooSlow(this.#lastSeq) }
    })
    this.#feed.hold()
    this.hear(interests)
    this.#push({ event: 'resumed', ...resumed }, 0)
    this.#feed.seek(resumed.from, seq => { this.#push({ event: 'caught_up', seq }, 0) })
  }

  /** From now on this is what it hears. */
  hear (interests: readonly Interest[]): void {
    interests.forEach(({ room, wants }, n) => { this.#feed.join(room, wants, String(n)) })
  }

  #push (item: object, size: number, seq?: number): void {
    this.#items.push({ item, size, ...(seq !== undefined && { seq }) })
    this.#waiting += size
    this.#wake?.()
  }

  async next (): Promise<IteratorResult<object, undefined>> {
    this.#written = 0
    while (this.#items.length === 0 && !this.#over) {
      const woken = new Promise<void>(resolve => { this.#wake = resolve })
      this.#drained?.()
      await woken
    }
    this.#wake = undefined
    const one = this.#items.shift()
    if (one === undefined || this.#over) return { done: true, value: undefined }
    this.#waiting -= one.size
    this.#written = one.size
    if (one.seq !== undefined) this.#lastSeq = one.seq
    return { done: false, value: one.item }
  }

  async return (): Promise<IteratorResult<object, undefined>> {
    if (!this.#over) {
      this.#over = true
      this.#items = []
      this.#feed.stop()
      this.#wake?.()
      this.#ended()
    }
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator] (): this {
    return this
  }
}
