import { endRecorded } from './agent/ledger.ts'
import { sweepOwner } from './agent/sweep.ts'
import type { Store } from './store/store.ts'

/**
 * Ends what an earlier server on this data directory left behind when it was killed, before this one has children of
 * its own: what its ledger names, then what carries its marks, which is more, where marks can be read. Returns the pids.
 */
export async function endOrphans (home: string, { children }: Pick<Store, 'children'>): Promise<number[]> {
  const recorded = children.list()
  const ended = new Set(await endRecorded(recorded))
  for (const pid of await sweepOwner(home)) ended.add(pid)
  for (const { nonce } of recorded) children.remove(nonce)
  return [...ended]
}
