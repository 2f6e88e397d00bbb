import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Exit, Program } from '../agent.ts'
import { spawnChild } from '../child.ts'
import type { Probe } from '../probe.ts'
import { lastLine, type Place } from './place.ts'

/** How long the way there and the program together may take, ms. */
const PATIENCE = 20_000

/** Runs a program at a place, to its end, for the first line that it prints: its version. Never rejects. */
export async function probeAt (place: Place, program: Program, { clock, owner }: { clock: Clock, owner: string }): Promise<Probe> {
  const sessionId = randomUUID()
  const way = place.open({ sessionId })
  let said = ''
  let cancelDeadline = () => {}
  try {
    const { code, stderr, expected } = await new Promise<Exit>((resolve, reject) => {
      spawnChild({ ...program, launch: way.launch, owner, sessionId, clock, stdout (chunk) { said += chunk.toString() }, exit: resolve })
        .then(child => { cancelDeadline = clock.after(PATIENCE, () => { void child.kill() }) }, reject)
    })
    if (code === 0) return { version: said.split('\n')[0]!.trim() }
    throw way.explain(new Error(expected ? `it did not end within ${PATIENCE / 1000} s` : lastLine(stderr) ?? `exit code ${String(code)}`), expected)
  } catch (err) {
    return { missing: (err as Error).message }
  } finally {
    cancelDeadline()
  }
}
