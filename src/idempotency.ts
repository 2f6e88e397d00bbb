import { hash } from 'node:crypto'
import type { Clock } from './clock.ts'
import { IdempotencyMismatchError, IrisError, ValidationError, toErrorBody } from './errors.ts'
import type { IdempotencyRow, Outcome, Store } from './store/store.ts'
import { uuid7 } from './uuid7.ts'

type Answer = Record<string, unknown>

/** One try of a call that came with an idempotency key. The handler says in `stage` how far it came, before it answers or throws. */
export interface Attempt {
  /** What the call makes takes this id, in this try and in any later one. */
  readonly workId: string
  /** `begun`: the work exists and goes on, so the answer is not its outcome, and a retry runs the handler again. `done`: it is. */
  stage: 'none' | 'begun' | 'done'
}

export interface KeyedCall {
  /** As the transport found it. */
  key: unknown
  /** The name of the key that calls. */
  caller: string
  tool: string
  /** After validation. */
  input: unknown
  /** Whether all who come run the handler, each with its own patience, and it finds the work by its id; else they share one run. */
  resumes: boolean
  /** The team that the call touches. */
  team (): string | null
  reach (team: string): void
  charge (): Promise<void>
  /** What of an answer may be stored. */
  kept (answer: Answer): Answer
  perform (attempt: Attempt): Promise<Answer>
}

export interface Idempotency {
  /**
   * Does the work of a key once per caller: who comes while it runs gets its answer, who comes after gets the same again, also
   * after a restart. Refusals, and errors that say "try again", are not kept. Throws ValidationError, IdempotencyMismatchError.
   */
  once (call: KeyedCall): Promise<Answer>
}

/** A key in use now. */
interface Entry extends Pick<IdempotencyRow, 'caller' | 'key' | 'tool' | 'inputHash' | 'team' | 'workId'> {
  readonly admitted: Promise<void>
  /** Where there is one run for all. */
  run?: Promise<Answer>
  /** Whether the work may exist: then the key must not be forgotten. */
  begun: boolean
  outcome?: Outcome
  users: number
}

const KEY = /^[!-~]([ -~]{0,126}[!-~])?$/
/** ms between two sweeps, which happen as keys come. */
const SWEEP_EVERY = 60_000

export function createIdempotency ({ store: { idempotency: rows }, clock, ttl, onError }: {
  store: Pick<Store, 'idempotency'>
  clock: Clock
  /** ms */
  ttl: () => number
  /** Hears what should never happen, e.g. a full disk. */
  onError: (err: unknown) => void
}): Idempotency {
  const inUse = new Map<string, Entry>()
  let sweptAt = -Infinity

  /** Where the store fails, what the caller is told stays what it is. */
  function write (change: () => void) {
    try {
      change()
    } catch (err) {
      onError(err)
    }
  }

  function sweep () {
    if (clock.now() - sweptAt < SWEEP_EVERY) return
    sweptAt = clock.now()
    write(() => { rows.sweep(sweptAt - ttl()) })
  }

  /** Another input than before is refused before anything else is told. */
  function check (before: { tool: string, inputHash: string, team: string | null }, { key, tool, reach }: KeyedCall, inputHash: string) {
    if (before.tool !== tool || before.inputHash !== inputHash) throw new IdempotencyMismatchError(`idempotency key '${String(key)}'`)
    if (before.team !== null) reach(before.team)
  }

  /** Without a pause inside, so that of many at once one is the first. */
  function open (call: KeyedCall, key: string, inputHash: string): Entry | Outcome {
    const { caller, tool } = call
    let row = rows.get(caller, key)
    if (row !== undefined && clock.now() - row.createdAt >= ttl()) {
      rows.remove(caller, key)
      row = undefined
    }
    if (row !== undefined) {
      check(row, call, inputHash)
      if (row.outcome !== null) return row.outcome
      return { caller, key, tool, inputHash, team: row.team, workId: row.workId, admitted: Promise.resolve(), begun: true, users: 0 }
    }
    const team = call.team()
    if (team !== null) call.reach(team)
    const made = { caller, key, tool, inputHash, team, workId: uuid7(clock.now()) }
    rows.insert({ ...made, outcome: null, createdAt: clock.now() })
    return { ...made, admitted: call.charge(), begun: false, users: 0 }
  }

  function settle (entry: Entry, outcome: Outcome): void {
    entry.outcome = outcome
    write(() => { rows.settle(entry.caller, entry.key, outcome) })
  }

  async function attempt (entry: Entry, { resumes, perform, kept }: KeyedCall): Promise<Answer> {
    const self: Attempt = { workId: entry.workId, stage: 'none' }
    try {
      await entry.admitted
      const result = await perform(self)
      if (!resumes || self.stage === 'done') {
        if (entry.outcome === undefined) {
          settle(entry, { result: kept(result) })
          return result
        }
      } else {
        entry.begun = true
      }
      return entry.outcome === undefined ? result : replay(entry.outcome)
    } catch (err) {
      if (entry.outcome !== undefined) return replay(entry.outcome)
      if (isOutcome(err, resumes ? self.stage === 'done' : null)) settle(entry, { error: toErrorBody(err, clock.now()) })
      // Work that failed for want of room has done nothing: the next try is a new one.
      else if (self.stage === 'done' && lacksRoom(err)) entry.begun = false
      else if (self.stage !== 'none') entry.begun = true
      throw err
    }
  }

  function leave (name: string, entry: Entry): void {
    if (--entry.users > 0) return
    inUse.delete(name)
    if (entry.outcome === undefined && !entry.begun) write(() => { rows.remove(entry.caller, entry.key) })
  }

  return {
    async once (call) {
      const { key, caller, input, resumes } = call
      if (typeof key !== 'string' || !KEY.test(key)) throw new ValidationError('An idempotency key is 1 to 128 printable ASCII characters, with no space at its ends')
      const name = JSON.stringify([caller, key])
      const inputHash = hash('sha256', canonical(input))
      sweep()
      let entry = inUse.get(name)
      if (entry === undefined) {
        const opened = open(call, key, inputHash)
        if (!('users' in opened)) return replay(opened)
        entry = opened
        inUse.set(name, entry)
      } else {
        check(entry, call, inputHash)
        if (entry.outcome !== undefined) return replay(entry.outcome)
      }
      entry.users++
      try {
        return await (resumes ? attempt(entry, call) : entry.run ??= attempt(entry, call))
      } finally {
        leave(name, entry)
      }
    }
  }
}

/** Whether an error is what the work came to. `done`: whether the handler says so; null where it says nothing, and the error itself must. */
function isOutcome (err: unknown, done: boolean | null): boolean {
  return err instanceof IrisError && !lacksRoom(err) && (done ?? err.statusCode >= 500)
}

const lacksRoom = (err: unknown) => err instanceof IrisError && (err.statusCode === 429 || err.statusCode === 503)

function replay (outcome: Outcome): Answer {
  if ('result' in outcome) return outcome.result
  const { error, statusCode, message, details } = outcome.error
  throw new IrisError(error, statusCode, message, details === undefined ? {} : { details })
}

/** JSON with the fields of each object in order, so that the same input is the same text. */
function canonical (value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => typeof one === 'object' && one !== null && !Array.isArray(one)
    ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => a < b ? -1 : 1))
    : one)
}
