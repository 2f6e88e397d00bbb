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
