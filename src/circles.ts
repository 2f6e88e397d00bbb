import { DeadlockError } from './errors.ts'

/** A tell on its way, as seen by those that its team sends meanwhile. */
export interface Turn {
  readonly id: string
  readonly session: { readonly id: string, readonly from: string, readonly to: string }
  readonly rootId: string
  readonly depth: number
  /** The turns one of which has sent it: none where it came from outside, several where nobody can tell which. */
  readonly senders: readonly Turn[]
  /** Whether its agent is in its turn now: only then can it send. */
  inTurn: boolean
  /** How many calls wait for its end now, for its sender. */
  waiters: number
}

/**
 * Which turns may have sent a tell that `from` sends now: the one that the agent of `session` is in, where it is known to be
 * that agent's. Else the name is all there is to go by. A team has one agent per speaker, so several may be in a turn at once,
 * and the name alone does not say which it was. One that waits for a tell already is taken to be silent meanwhile, unless all do.
 */
export function sendersOf (from: string, open: ReadonlyMap<string, Turn>, session?: string): Turn[] {
  const turns: Turn[] = []
  for (const turn of open.values()) if (turn.inTurn && (session === undefined ? turn.session.to === from : turn.session.id === session)) turns.push(turn)
  if (turns.length < 2) return turns
  const waiting = new Set<Turn>()
  for (const { senders: [sender, ...others], waiters } of open.values()) if (sender !== undefined && others.length === 0 && waiters > 0) waiting.add(sender)
  const free = turns.filter(turn => !waiting.has(turn))
  return free.length > 0 ? free : turns
}

/**
 * Throws DeadlockError where a tell to `to`, sent in one of these turns and waited for, would close a circle of teams of which
 * each waits for the next. Where it is not known which turn sends, only a circle by each of them counts.
 */
export function refuseCircle (senders: readonly Turn[], to: string): void {
  const path = through(senders, to)
  if (path === null) return
  const circle = [...path, to]
  throw new DeadlockError(`These teams would wait for each other for ever: ${circle.join(' → ')}. Answer without asking, or do not wait (timeout: -1)`, { details: { circle } })
}

/** The teams that wait, from `to` on, where each of these turns comes from one of it. */
function through (turns: readonly Turn[], to: string): string[] | null {
  let found: string[] | null = null
  for (const { session, waiters, senders } of turns) {
    if (session.to === to) {
      found ??= [to]
      continue
    }
    const above = waiters > 0 ? through(senders.filter(({ inTurn }) => inTurn), to) : null
    if (above === null) return null
    found ??= [...above, session.to]
  }
  return found
}

/** How deep a tell of these senders stands, at the least. Throws DeadlockError beyond `max`. */
export function depthBelow (senders: readonly Turn[], max: number): number {
  const depth = senders.length === 0 ? 0 : Math.min(...senders.map(turn => turn.depth)) + 1
  if (depth <= max) return depth
  throw new DeadlockError(`This tell would stand ${depth} deep in a chain of teams that tell each other on, and settings.maxDepth is ${max}. Answer without asking`, { details: { depth, maxDepth: max } })
}
