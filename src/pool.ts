import type { SessionState } from '../schemas/session.ts'
import type { Clock } from './clock.ts'
import { PoolFullError } from './errors.ts'
import type { Living } from './living.ts'
import type { SessionRow } from './store/store.ts'
import { orAborted } from './until.ts'

/** At most `max` living agents. A place is taken before the spawn and given back when nothing of the agent is left. */
export interface Pool {
  /**
   * The session's agent, awake, and safe from eviction until `release`. Calls at once for one session share one start.
   * Waits `within` ms at most for a place (without it, as long as it takes): then PoolFullError. Rejects with AgentError where
   * it cannot be started, and SessionNotFoundError where the session is gone or was reset meanwhile. `schema`: the form of its
   * answers, should it have to be started; one that is awake has the form it was started with.
   */
  acquire (session: SessionRow, how: Wish): Promise<Living>
  /** The same for a session that is current, where its agent is idle already: undefined where `acquire` might wait, or start one. */
  take (sessionId: string): Living | undefined
  release (living: Living): void
  /** Ends the session's agent, if there is one. `then` runs in the very moment in which there is none. */
  sleep (sessionId: string, reason: string, then?: () => void): Promise<void>
  /** After a reload: agents of teams that changed make way, the idle at once, the waking before their turn and the busy after it; places are counted anew. */
  adjust (changed: (team: string) => boolean): void
  state (session: SessionRow): { state: SessionState, since: number, reason: string, pid?: number }
  /** The sessions that are awake or on their way, oldest first. Of their rows only who they are is of now. */
  awake (): SessionRow[]
  /** Places taken, or agents of these teams; and places there are. */
  size (teams?: ReadonlySet<string> | null): { total: number, max: number }
  /** Ends the agents that nobody needs now; those in use are left to their turn. */
  dismiss (reason: string): void
  /** Ends every agent; nothing can be acquired afterwards. */
  close (): Promise<void>
}

interface Wish { within?: number, signal?: AbortSignal, schema?: Schema }
type Schema = Readonly<Record<string, unknown>> | undefined

interface Slot {
  readonly session: SessionRow
  readonly since: number
  /** Callers who need it now. Not evicted while there is one. */
  claims: number
  living: Living | null
  ready?: Promise<Living>
  leaving: boolean
  /** Its team is not what it was when it was started: not for another turn. */
  outdated: boolean
  /** Gives up waiting for a place. */
  readonly unwanted: AbortController
  cancelIdle: () => void
}

const CHANGED = 'its configuration changed'

export function createPool ({ max, idleTimeout, check, start, clock }: {
  max: () => number
  /** ms; 0 never */
  idleTimeout: (team: string) => number
  /** Throws where a session is no more, or was reset. */
  check: (sessionId: string) => void
  start: (session: SessionRow, schema: Schema) => Living
  clock: Clock
}): Pool {
  const slots = new Map<string, Slot>()
  const waiting: { slot: Slot, grant: () => void }[] = []
  let taken = 0
  let closed = false

  async function place (slot: Slot): Promise<void> {
    if (waiting.length === 0 && taken < max()) {
      taken++
      return
    }
    const { signal } = slot.unwanted
    await new Promise<void>((resolve, reject) => {
      const one = { slot, grant: resolve }
      waiting.push(one)
      signal.addEventListener('abort', () => {
        const at = waiting.indexOf(one)
        if (at >= 0) waiting.splice(at, 1)
        reject(signal.reason as Error)
      }, { once: true })
      makeRoom()
    })
  }

  function freePlace () {
    taken--
    settle()
  }

  /** Gives free places to who waits, and makes room for the rest, and for a smaller maximum. */
  function settle () {
    while (waiting.length > 0 && taken < max()) {
      taken++
      waiting.shift()!.grant()
    }
    makeRoom()
  }

  /** Evicts as many idle agents as there are waits, and places beyond the maximum, that no leaving agent will serve; the longest idle first. */
  function makeRoom () {
    if (waiting.length === 0 && taken <= max()) return
    const leaving = [...slots.values()].filter(slot => slot.leaving).length
    const idle = [...slots.values()].filter(isIdle).sort((a, b) => a.living!.since - b.living!.since)
    for (const slot of idle.slice(0, Math.max(0, waiting.length + Math.max(0, taken - max()) - leaving))) void leave(slot, 'made room for another session')
  }

  /** One that waits for a person without a tell does so for its work in the background. */
  const isIdle = ({ claims, leaving, living }: Slot) => claims === 0 && !leaving && (living?.state === 'idle' || living?.state === 'waiting')

  function open (session: SessionRow, schema: Schema): Slot {
    const slot: Slot = {
      session,
      since: clock.now(),
      claims: 0,
      living: null,
      leaving: false,
      outdated: false,
      unwanted: new AbortController(),
      cancelIdle () {}
    }
    slots.set(session.id, slot)
    slot.ready = (async () => {
      try {
        await place(slot)
      } catch (err) {
        slots.delete(session.id)
        throw err
      }
      const living = slot.living = begin(slot, schema)
      living.listen(({ type }) => { if (type === 'ended' && slot.claims === 0) rest(slot, living) }) // what nobody asked for is done
      void living.gone.then(() => {
        slot.cancelIdle()
        slots.delete(session.id)
        freePlace()
      })
      await living.ready
      if (slot.outdated) void leave(slot, CHANGED)
      else if (slot.claims === 0) rest(slot, living)
      return living
    })()
    slot.ready.catch(() => {})
    return slot
  }

  /** A start that fails at once gives the place back at once; so does one that is given up in the moment in which it has its place. */
  function begin ({ session, unwanted: { signal } }: Slot, schema: Schema): Living {
    try {
      signal.throwIfAborted()
      return start(session, schema)
    } catch (err) {
      slots.delete(session.id)
      freePlace()
      throw err
    }
  }

  async function leave (slot: Slot, reason: string): Promise<void> {
    slot.leaving = true
    slot.cancelIdle()
    if (slot.living === null) slot.unwanted.abort(new PoolFullError(reason))
    else await slot.living.stop(reason)
  }

  function unclaim (slot: Slot) {
    if (--slot.claims > 0) return
    if (slot.living === null) {
      slot.unwanted.abort(new PoolFullError('Nobody waits for it any more'))
      return
    }
    rest(slot, slot.living)
  }

  const awake = () => [...slots.values()].filter(slot => slot.living?.state !== 'asleep').map(({ session }) => session)

  function rest (slot: Slot, living: Living) {
    if (slot.leaving || living.agent === undefined || living.state === 'asleep') return
    living.enter('idle', 'nothing to do')
    if (slot.outdated) {
      void leave(slot, CHANGED)
      return
    }
    watchIdle(slot, living)
    makeRoom()
  }

  /** Ends what was idle for long enough; what did something unasked meanwhile is looked at again. */
  function watchIdle (slot: Slot, living: Living) {
    const ms = idleTimeout(slot.session.to)
    const since = living.since
    slot.cancelIdle()
    if (ms > 0) {
      slot.cancelIdle = clock.after(ms, () => {
        if (isIdle(slot) && living.since === since) void leave(slot, `idle for ${ms} ms`)
        else watchIdle(slot, living)
      })
    }
  }

  async function acquire (session: SessionRow, { within, signal, schema }: Wish): Promise<Living> {
    for (;;) {
      if (closed) throw new PoolFullError('The server is stopping', { details: { retryAfter: 5 } })
      signal?.throwIfAborted()
      const found = slots.get(session.id)
      if (found !== undefined && (found.leaving || found.living?.state === 'asleep')) {
        await orAborted<unknown>(found.living?.gone ?? found.ready!.catch(() => {}), signal)
        continue
      }
      check(session.id)
      const slot = found ?? open(session, schema)
      slot.claims++
      slot.cancelIdle()
      try {
        const living = await patiently(slot, within, signal)
        if (!slot.leaving && living.state !== 'asleep') return living
      } catch (err) {
        // What ends by being put to sleep was wanted before; who waits as long as it takes wants it after that.
        if (!slot.leaving || within !== undefined) {
          unclaim(slot)
          throw err
        }
      }
      unclaim(slot)
    }
  }

  /** The slot's agent, or why not; the wait for a place is `within` ms at most, the start has a deadline of its own. */
  async function patiently (slot: Slot, within: number | undefined, signal: AbortSignal | undefined): Promise<Living> {
    if (slot.living?.agent !== undefined) return slot.living
    let stopWaiting = () => {}
    const late = within === undefined
      ? []
      : [new Promise<never>((_resolve, reject) => {
          stopWaiting = clock.after(within, () => {
            if (slot.living === null) reject(new PoolFullError(`All ${max()} places are taken by busy agents (settings.maxProcesses). Try again later`, { details: { retryAfter: 5 } }))
          })
        })]
    try {
      return await orAborted(Promise.race([slot.ready!, ...late]), signal)
    } finally {
      stopWaiting()
    }
  }

  return {
    acquire,
    take (sessionId) {
      const slot = slots.get(sessionId)
      if (closed || slot === undefined || slot.claims > 0 || slot.leaving || slot.living?.agent === undefined || slot.living.state !== 'idle') return undefined
      slot.claims++
      slot.cancelIdle()
      return slot.living
    },
    release (living) {
      const slot = slots.get(living.sessionId)
      if (slot?.living === living) unclaim(slot)
    },
    async sleep (sessionId, reason, then) {
      for (let slot = slots.get(sessionId); slot !== undefined; slot = slots.get(sessionId)) {
        await leave(slot, reason)
        if (slot.living === null) await slot.ready?.catch(() => {})
        if (then === undefined) return
      }
      then?.()
    },
    adjust (changed) {
      for (const slot of slots.values()) {
        if (slot.living === null || !changed(slot.session.to)) continue
        slot.outdated = true
        if (isIdle(slot)) void leave(slot, CHANGED)
      }
      settle()
    },
    dismiss (reason) {
      for (const slot of slots.values()) if (slot.claims === 0 && !slot.leaving) void leave(slot, reason)
    },
    state (session) {
      const slot = slots.get(session.id)
      if (slot === undefined) return { state: 'asleep', since: session.asleepSince, reason: session.asleepReason }
      if (slot.living === null) return { state: 'waking', since: slot.since, reason: 'waits for a place in the pool' }
      const { state, since, reason, pid } = slot.living
      return { state, since, reason, ...(pid !== undefined && state !== 'asleep' && { pid }) }
    },
    awake,
    size: (teams = null) => ({ total: teams === null ? taken : awake().filter(({ to }) => teams.has(to)).length, max: max() }),
    async close () {
      closed = true
      await Promise.all([...slots.values()].map(slot => leave(slot, 'the server stopped')))
    }
  }
}
