import { birthOf } from './birth.ts'
import { carries, endGroup } from './sweep.ts'

/** One child, as it is on record while it lives. */
export interface ChildRecord {
  /** Its mark (see sweep.ts): no other child ever has it. */
  readonly nonce: string
  readonly pid: number
  /** When it was started, see birth.ts. */
  readonly birth: string
  /** The name of its program, for people. */
  readonly command: string
  readonly sessionId: string
  /** Unix ms */
  readonly at: number
}

/** Which children live. What is on it when a server starts was left behind by one that was killed. */
export interface Ledger {
  /** Before the child is told anything. Throws where it cannot be kept. */
  add (child: ChildRecord): void
  /** When nothing of it is left. Must not throw. */
  remove (nonce: string): void
}

/**
 * Ends those that still live, each with its process group. One whose start is another is a stranger that was given the
 * same pid, and is left alone; so is one that can be seen to lack the mark. Returns the pids.
 */
export async function endRecorded (children: Iterable<ChildRecord>): Promise<number[]> {
  const ended: number[] = []
  for (const { pid, birth, nonce } of children) {
    if (await birthOf(pid) !== birth || await carries(pid, nonce) === false) continue
    endGroup(pid)
    ended.push(pid)
  }
  return ended
}
