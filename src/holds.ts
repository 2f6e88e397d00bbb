import type { Trouble } from './agent/agent.ts'
import type { Clock } from './clock.ts'
import { AgentError, type IrisError } from './errors.ts'
import { pause } from './until.ts'

/** A team whose model service takes no more until then. */
export interface Hold {
  /** Unix ms. */
  readonly until: number
  readonly reason: string
}

/** Since when a tell waits for a limit to pass, Unix ms; for all of its waits. */
export interface Held { heldSince?: number }

/** The teams that wait for the limits of their model services. In memory: after a restart the first tell finds out again. */
export interface Holds {
  of (team: string): Hold | undefined
  /** It was refused. Where the service does not say until when, it is tried again later and later. */
  put (team: string, trouble: Extract<Trouble, { reason: 'rate_limited' }>): Hold
  /** It answered again. */
  lift (team: string): void
  /** Resolves when the team may be told. Rejects with AgentError where the tell would wait for too long, and with the signal's reason. */
  pass (team: string, tell: Held, signal: AbortSignal): Promise<void>
}

/** Waits where the service does not say, ms: the first, and the longest of those that double. */
const FIRST = 30_000
const LONGEST = 900_000
/** The shortest wait whatever it says, ms: its clock is not ours. */
const SHORTEST = 1_000
/** The longest timer, ms: Node's overflow at 24 days. */
const LONG = 86_400_000

export function createHolds ({ clock, limitWait }: { clock: Clock, limitWait: () => number }): Holds {
  const holds = new Map<string, Hold & { times: number }>()

  function of (team: string): Hold | undefined {
    const hold = holds.get(team)
    return hold !== undefined && hold.until > clock.now() ? hold : undefined
  }

  return {
    of,
    put (team, { until }) {
      const now = clock.now()
      const before = holds.get(team)
      // Several of a team that are refused at once are one refusal.
      const times = before === undefined ? 0 : before.until > now ? before.times : before.times + 1
      const end = until === undefined ? now + Math.min(LONGEST, FIRST * 2 ** times) : Math.max(until, now + SHORTEST)
      const hold = { until: Math.max(end, of(team)?.until ?? 0), times, reason: `its model service takes no more until ${new Date(end).toISOString()}` }
      holds.set(team, hold)
      return hold
    },
    lift: team => { holds.delete(team) },
    async pass (team, tell, signal) {
      for (let hold = of(team); hold !== undefined; hold = of(team)) {
        tell.heldSince ??= clock.now()
        if (hold.until - tell.heldSince > limitWait()) throw limited(hold.until)
        await pause(Math.min(hold.until - clock.now(), LONG), { clock, signal })
      }
    }
  }
}

/** The error of a tell that a limit ended. */
export function limited (until: number | undefined, ran = false): IrisError {
  const when = until === undefined ? '' : ` until ${new Date(until).toISOString()}`
  return new AgentError(`The agent's model service takes no more${when}: a rate limit or the account's own. ${ran ? 'The turn had begun, so it is not run again by itself' : 'Tell it again then, or let tells wait longer (settings.limitWait)'}`, {
    details: { reason: 'rate_limited', ...(until !== undefined && { until }) }
  })
}
