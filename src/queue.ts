/** What waits for one session, in order. */
export interface Queue<T> {
  readonly length: number
  /** Whether it has all that it should hold. Who pushes asks first, save for what was taken before a restart. */
  readonly full: boolean
  push (item: T): void
  shift (): T | undefined
  /** Takes one out of the middle. */
  remove (item: T): boolean
  [Symbol.iterator] (): Iterator<T>
}

export function createQueue<T> (max: () => number): Queue<T> {
  const items: T[] = []
  return {
    get length () { return items.length },
    get full () { return items.length >= max() },
    push (item) { items.push(item) },
    shift: () => items.shift(),
    remove (item) {
      const at = items.indexOf(item)
      if (at >= 0) items.splice(at, 1)
      return at >= 0
    },
    [Symbol.iterator]: () => items.values()
  }
}

/** What waits for each session, and what of it is on. */
export interface Lines<T> {
  of (sessionId: string): { readonly queue: Queue<T>, running: T | null }
  /** How many of a session run or wait. */
  load (sessionId: string): number
  all (): Iterable<{ readonly running: T | null }>
  /** Nothing waits any more. */
  forget (sessionId: string): void
}

export function createLines<T> (max: () => number): Lines<T> {
  const lines = new Map<string, { readonly queue: Queue<T>, running: T | null }>()
  return {
    of (sessionId) {
      let line = lines.get(sessionId)
      if (line === undefined) lines.set(sessionId, line = { queue: createQueue<T>(max), running: null })
      return line
    },
    load (sessionId) {
      const line = lines.get(sessionId)
      return line === undefined ? 0 : line.queue.length + (line.running === null ? 0 : 1)
    },
    all: () => lines.values(),
    forget (sessionId) { lines.delete(sessionId) }
  }
}
