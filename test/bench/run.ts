/**
 * Measures what Iris costs, against the limit of the same thing done with nothing around it.
 *
 *   --short          only sees that every measure still runs; says nothing about how fast
 *   --json <file>    writes all figures there; without it to .cache/bench/bench.json
 *   --write <file>   writes the table there, with method and machine, as Markdown
 *   --only <name>    one measure; may be repeated. A wrong name is answered by those that there are
 *   --profile <dir>  writes CPU profiles of Iris there, where a measure's server is kept busy
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../fixtures/root.ts'
import { createClients } from './clients.ts'
import { takeCores } from './cores.ts'
import { createEvents } from './events.ts'
import { createBursts, createFanout } from './fanout.ts'
import { createGrowth } from './growth.ts'
import { createIngest } from './ingest.ts'
import { createCrowd } from './many-sessions.ts'
import { createMcp } from './mcp.ts'
import { SHORT, Skipped, WHOLE, type Measure, type Row } from './measure.ts'
import { createMemory } from './memory.ts'
import { machineOf, print, report, write, writeJson, type Findings } from './report.ts'
import { createRest } from './rest.ts'
import { createResume } from './resume.ts'
import { createSessions } from './sessions.ts'
import { createSockets } from './sockets.ts'
import { createStart } from './start.ts'
import { fault } from './statistics.ts'
import { createStdio } from './stdio.ts'
import { createTell } from './tell.ts'
import { createWake } from './wake.ts'

const { values: { short, json, write: page, only, profile } } = parseArgs({
  options: { short: { type: 'boolean', default: false }, json: { type: 'string' }, write: { type: 'string' }, only: { type: 'string', multiple: true }, profile: { type: 'string' } }
})
// What was started is ended when this process exits, also by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(1) })

const cores = takeCores()
const measures: Measure[] = [
  createRest(cores, profile),
  createMcp(cores, profile),
  createStdio(cores, profile),
  createTell(cores, profile),
  createCrowd(cores, profile),
  createFanout(cores, profile),
  createBursts(cores, profile),
  createResume(cores, profile),
  createIngest(cores, profile),
  createEvents(cores, profile),
  createGrowth(cores, profile),
  createStart(cores),
  createMemory(cores),
  createSessions(cores),
  createSockets(cores),
  createClients(cores, profile),
  createWake(cores)
]
for (const name of only ?? []) {
  if (!measures.some(measure => measure.name === name)) throw new Error(`No measure is named '${name}': ${measures.map(measure => measure.name).join(', ')}`)
}
const chosen = measures.filter(({ name }) => only?.includes(name) ?? true)
const rows: Row[] = []
const skipped: string[] = []
const failed: string[] = []

for (const { name, run } of chosen) {
  try {
    const found = await run(short ? SHORT : WHOLE)
    const wrong = found.map(fault).find(text => text !== undefined)
    if (wrong !== undefined) throw new Error(wrong)
    rows.push(...found)
    console.error(`${name}: measured`)
  } catch (err) {
    if (err instanceof Skipped) {
      skipped.push(`${name}: ${err.message}`)
      console.error(`${name}: skipped: ${err.message}`)
      continue
    }
    failed.push(name)
    console.error(`${name}: failed`, err)
  }
}

const findings: Findings = { date: new Date().toISOString(), short, machine: machineOf(cores), rows, skipped, failed }
if (!short) console.log(print(findings))
if (json !== undefined || !short) writeJson(json ?? join(root, '.cache/bench/bench.json'), findings)
if (page !== undefined) write(page, report(findings, chosen))
if (short) console.log(`${chosen.length - failed.length - skipped.length} passed, ${failed.length} failed, ${skipped.length} skipped`)
process.exitCode = failed.length === 0 ? 0 : 1
