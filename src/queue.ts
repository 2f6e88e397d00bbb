/** What waits for one session, in order and bounded. */
export interface Queue<T> {
  readonly length: number
  /** How many stand before it; null where the queue is full. */
  push (item: T): number | null
  shift (): T | undefined
  /** Takes one out of the middle. */
  remove (item: T): boolean
  [Symbol.iterator] (): Iterator<T>
}

export function createQueue<T> (max: () => number): Queue<T> {
  const items: T[] = []
  return {
    get length () { return items.length },
    push: item => items.length >= max() ? null : items.push(item) - 1,
    shift: () => items.shift(),
    remove (item) {
      const at = items.indexOf(item)
      if (at >= 0) items.splice(at, 1)
      return at >= 0
    },
    [Symbol.iterator]: () => items.values()
  }
}
