/** How much is done: the whole of it, or just enough to see that it runs. */
export interface Effort {
  readonly rounds: number
  /** s of load per side and round */
  readonly seconds: number
  /** tells per side and round */
  readonly tells: number
  /** WebSockets per side and round */
  readonly clients: number
  /** ms that a server is left alone before its memory is read */
  readonly idle: number
  /** Sessions that are told something at once. */
  readonly pairs: number
  /** MB of an agent's output per side and round */
  readonly output: number
  /** Events stored per side and round */
  readonly events: number
  /** Events and sessions that a server has beside the one that has few. */
  readonly grown: ReadonlyArray<{ readonly events: number, readonly sessions: number }>
  /** WebSockets that hear one session, one size after the other */
  readonly crowds: readonly number[]
  /** of them, where Socket.IO has as many */
  readonly audience: number
  /** events that a client has missed */
  readonly missed: number
  /** sessions without a process */
  readonly sessions: number
}

export const WHOLE: Effort = {
  rounds: 7,
  seconds: 2,
  tells: 200,
  clients: 10_000,
  idle: 2_000,
  pairs: 50,
  output: 100,
  events: 50_000,
  grown: [{ events: 1e7, sessions: 10_000 }],
  crowds: [100, 1_000, 5_000],
  audience: 1_000,
  missed: 100_000,
  sessions: 10_000
}
export const SHORT: Effort = {
  rounds: 1,
  seconds: 1,
  tells: 20,
  clients: 300,
  idle: 200,
  pairs: 5,
  output: 5,
  events: 2_000,
  grown: [{ events: 20_000, sessions: 1_000 }],
  crowds: [20],
  audience: 20,
  missed: 1_000,
  sessions: 100
}

/** What a goal is about: ours / limit, ours − limit, or ours by itself. */
export type Subject = 'ratio' | 'added' | 'ours'

/** One line of the table. `ours[n]` and `limit[n]` were taken in the same round, one right after the other. */
export interface Row {
  readonly measure: string
  readonly unit: string
  readonly ours: readonly number[]
  /** What the limit is. */
  readonly against: string
  readonly limit: readonly number[]
  /** Why these figures do not judge the goal, where they do not. */
  readonly doubt?: string
  /** Absent where the row only explains another one. */
  readonly goal?: { readonly of: Subject, readonly atLeast: number } | { readonly of: Subject, readonly atMost: number }
}

/** Thrown by a measure that has nothing to measure here. */
export class Skipped extends Error {}

/** Servers and agents it starts are gone when it resolves or rejects. It rejects where a side does not do its work. */
export interface Measure {
  readonly name: string
  /** What its rows are, for the report: Markdown, on one line. */
  readonly what?: string
  run (effort: Effort): Promise<Row[]>
}

/** The sides of one round in turn; each round begins with another one, so that none always follows the same. */
export function * rounds<S> (count: number, sides: readonly S[]): Generator<S> {
  for (let round = 0; round < count; round++) {
    for (let n = 0; n < sides.length; n++) yield sides[(round + n) % sides.length]!
  }
}
