import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cores } from './cores.ts'
import { runErrand } from './errand.ts'
import type { Measure, Row } from './measure.ts'

/** Bytes of a line, and what they are called. */
const LINES: ReadonlyArray<readonly [bytes: number, name: string]> = [[200, '200 B'], [200_000, '200 KB']]

/** MB/s of one round each: what Iris reads, and JSON.parse of the lines from texts and from bytes. */
export interface Read { readonly ours: number[], readonly texts: number[], readonly bytes: number[] }

/** An agent's stream-json from its stdout until its events are known, against JSON.parse of the same lines in memory. */
export function createIngest (cores: Cores, profile?: string): Measure {
  return {
    name: 'ingest',
    what: "an agent's output as it is read and understood, beside `JSON.parse` of the same bytes, and of texts that need no decoding",
    async run ({ rounds, output }) {
      const rows: Row[] = []
      for (const [bytes, name] of LINES) {
        const directory = mkdtempSync(join(tmpdir(), 'iris-bench-'))
        try {
          const words = [directory, bytes, output, rounds, cores.load ?? 'any'].map(String)
          const { ours, texts, bytes: buffers } = await runErrand<Read>(cores, 'ingest-reader', words, profile)
          const row = { measure: `stream-json ingest, lines of ${name}`, unit: 'MB/s', ours }
          rows.push({ ...row, limit: buffers, against: 'JSON.parse of the same bytes', goal: { of: 'ratio', atLeast: 0.6 } })
          rows.push({ ...row, limit: texts, against: 'JSON.parse alone, of texts that are there' })
        } finally {
          rmSync(directory, { recursive: true, force: true })
        }
      }
      return rows
    }
  }
}
