import { endRecorded } from './agent/ledger.ts'
import { sweepOwner } from './agent/sweep.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Store } from './store/store.ts'

const REASON = 'the server was killed'

/**
 * Ends what an earlier server on this data directory left behind when it was killed, before this one has children of
 * its own: what its ledger names, then what carries its marks, which is more, where marks can be read. The log and the
 * sessions are told of the end of those on the ledger. Returns the pids that still lived.
 */
export async function endOrphans (home: string, { store: { children, sessions }, log, clock }: { store: Store, log: Log, clock: Clock }): Promise<number[]> {
  const recorded = children.list()
  const ended = new Set(await endRecorded(recorded))
  for (const pid of await sweepOwner(home)) ended.add(pid)
  for (const { nonce, sessionId } of recorded) {
    const session = sessions.get(sessionId)
    if (session === undefined) {
      children.remove(nonce)
      continue
    }
    log.append({ event: 'process:terminated', data: { sessionId, team: session.to, reason: REASON } }, () => {
      children.remove(nonce)
      sessions.update(sessionId, { asleepSince: clock.now(), asleepReason: REASON })
    })
  }
  return [...ended]
}
