import type { EventName } from '../../schemas/event.ts'
import { ValidationError } from '../../src/errors.ts'

/** What a client sends. `data` is judged by whoever answers to `event`. */
export interface Frame {
  event: unknown
  data: unknown
  /** The client's own, on everything its request causes. */
  id: Id
  /** With it a request that changes something does so once, however often it comes. */
  idempotencyKey?: unknown
  /** What is wrong with its shape. */
  fault?: Error
}
export type Id = string | number | undefined

/** A stored event on its way to those who subscribed. */
export interface Published {
  readonly seq: number
  readonly name: EventName
  readonly team: string
  /** The frame `{event, data, seq}` as JSON, made once however many read it. */
  text (): string
}

/** A cursor in the log, and the rooms it is read for. */
export interface Feed {
  join (room: string, wants: (published: Published) => boolean, name: string): void
  leave (name: string): void
  readonly live: boolean
  hold (): void
  seek (after: number, caughtUp: (seq: number) => void): void
  stop (): void
}

/** Who reads a feed through a socket. */
export interface Reader {
  /** What it returns is done when all who hear the run have been given it: once for all who return the same. */
  deliver (run: readonly Published[]): (() => void) | void
  full (): boolean
  unread (): number
  whenDrained (go: () => void): () => void
  giveUp (): void
}

const MAX_ID = 128

/** Never throws: what is malformed has a `fault`, and still counts as a frame. */
export function readFrame (text: string): Frame {
  const broken = (words: string, id?: Id): Frame => ({ event: undefined, data: undefined, id, fault: new ValidationError(words) })
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return broken('A frame must be JSON: {"event": …, "data": …, "id": …}')
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return broken('A frame must be an object: {"event": …, "data": …, "id": …}')
  const { event, data, id, idempotencyKey, ...more } = read as Record<string, unknown>
  if (!isId(id)) return broken(`The id of a frame must be a number or a string of at most ${MAX_ID} characters`)
  const unknown = Object.keys(more)[0]
  if (unknown !== undefined) return broken(`Unknown field '${unknown.slice(0, 100)}' in the frame; it takes event, data, id, idempotencyKey`, id)
  return { event, data, id, idempotencyKey }
}

function isId (id: unknown): id is Id {
  return id === undefined || (typeof id === 'string' && id.length <= MAX_ID) || (typeof id === 'number' && Number.isFinite(id))
}
