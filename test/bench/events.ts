import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cores } from './cores.ts'
import { runErrand } from './errand.ts'
import type { Measure, Row } from './measure.ts'

/** Events/s of one round each. `many`: a hundred in one transaction. */
export interface Stored { readonly one: number[], readonly many: number[], readonly rowsOne: number[], readonly rowsMany: number[] }

/** Events stored and published by the log, against rows of the same size in a bare table of the same database. */
export function createEvents (cores: Cores, profile?: string): Measure {
  return {
    name: 'events',
    what: 'events that are stored and published, beside batches of rows of the same size in the same file format',
    async run ({ rounds, events }) {
      const directory = mkdtempSync(join(tmpdir(), 'iris-bench-'))
      try {
        const { one, many, rowsOne, rowsMany } = await runErrand<Stored>(cores, 'events-writer', [directory, String(events), String(rounds)], profile)
        const row = (measure: string, ours: number[], limit: number[], against: string): Row => ({ measure, unit: 'events/s', ours, limit, against })
        return [
          { ...row('events stored, 100 said in one turn of the event loop', many, rowsMany, 'batched inserts of 100'), goal: { of: 'ratio', atLeast: 0.7 } },
          row('events stored, each in a turn of its own', one, rowsOne, 'single inserts')
        ]
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    }
  }
}
