/** What has a place in the line of a session. */
interface Placed {
  readonly session: { readonly id: string }
  /** Until it is stored it keeps its place, and does not run. */
  readonly storing: Promise<void> | null
}

/** What is on in each session, and what waits there, in order. */
export interface Lines<T> {
  /** Takes a place: the last one, or, where nobody is ahead, the turn itself. */
  enter (item: T, turn?: boolean): void
  /** Whether it waited, and is gone. */
  leave (item: T): boolean
  /** Its turn is over: the next one goes. */
  end (item: T): void
  /** The next one goes, where none is on. */
  advance (sessionId: string): void
  /** How many of a session run or wait. */
  load (sessionId: string): number
  /** All of a session, what is on at the end. */
  of (sessionId: string): T[]
  /** What is on, of all sessions. */
  running (): T[]
}

export function createLines<T extends Placed> ({ go, stopped }: {
  /** Its turn has come. */
  go: (item: T) => void
  /** Whether none goes any more. */
  stopped: () => boolean
}): Lines<T> {
  const lines = new Map<string, { running: T | null, readonly queue: T[] }>()

  function lineOf (sessionId: string) {
    let line = lines.get(sessionId)
    if (line === undefined) lines.set(sessionId, line = { running: null, queue: [] })
    return line
  }

  function advance (sessionId: string) {
    const line = lineOf(sessionId)
    if (line.running !== null || stopped()) return
    const [next] = line.queue
    if (next === undefined) lines.delete(sessionId)
    else if (next.storing === null) {
      line.running = line.queue.shift()!
      go(next)
    }
  }

  return {
    enter (item, turn = false) {
      const line = lineOf(item.session.id)
      if (turn) line.running = item
      else line.queue.push(item)
    },
    leave (item) {
      const queue = lines.get(item.session.id)?.queue ?? []
      const at = queue.indexOf(item)
      if (at >= 0) queue.splice(at, 1)
      return at >= 0
    },
    end ({ session: { id } }) {
      lineOf(id).running = null
      advance(id)
    },
    advance,
    load (sessionId) {
      const line = lines.get(sessionId)
      return line === undefined ? 0 : line.queue.length + (line.running === null ? 0 : 1)
    },
    of (sessionId) {
      const { running = null, queue = [] } = lines.get(sessionId) ?? {}
      return running === null ? [...queue] : [...queue, running]
    },
    running: () => [...lines.values()].flatMap(({ running }) => running ?? [])
  }
}
