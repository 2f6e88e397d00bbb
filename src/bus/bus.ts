import type { EventName, StoredEvent } from '../../schemas/event.ts'

/** A stored event on its way out. */
export interface Published {
  readonly seq: number
  readonly name: EventName
  readonly team: string
  readonly sessionId: string
  readonly event: StoredEvent
  /** Its frame, `{event, data, seq}` as JSON: made once, however many read it. */
  text (): string
}

/**
 * Hears what came of one session at once, in its order: whoever has many listeners visits each of them once. What it returns is done
 * when all of its room have heard that, and once for all who return the same.
 */
export type Deliver = (run: readonly Published[]) => Afterwards | void
export type Afterwards = () => void

/** One of many that hear a room: a function of its own for each would be one thing more of it to be fetched from memory for each event. */
export interface Hearer { hear: Deliver }

/** What crosses from whoever makes events to whoever shows them. Rooms: `session:<id>`, `team:<name>`, and `all`. */
export interface Bus {
  /** Events of one session. Reaches every subscriber before it returns, in the order of their coming. A subscriber that throws hurts no other. */
  publish (run: readonly [Published, ...Published[]]): void
  subscribe (room: string, deliver: Deliver | Hearer): () => void
}
