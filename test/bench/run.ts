/**
 * Measures what Iris costs, against the limit of the same thing done with nothing around it.
 *
 *   --short          only sees that every measure still runs; says nothing about how fast
 *   --json <file>    writes all figures there
 *   --only <name>    one measure: rest, mcp, stdio, tell, crowd, ingest, events, growth, start, memory, sockets; may be repeated
 *   --profile <dir>  writes the CPU profiles of what is measured there, but for start, memory and sockets
 */
import { writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { parseArgs } from 'node:util'
import { takeCores } from './cores.ts'
import { createCrowd } from './many-sessions.ts'
import { createEvents } from './events.ts'
import { createGrowth } from './growth.ts'
import { createIngest } from './ingest.ts'
import { createMcp } from './mcp.ts'
import { SHORT, WHOLE, type Row } from './measure.ts'
import { createMemory } from './memory.ts'
import { createRest } from './rest.ts'
import { createSockets } from './sockets.ts'
import { createStart } from './start.ts'
import { createStdio } from './stdio.ts'
import { fault, met, paired, spread } from './statistics.ts'
import { table } from './table.ts'
import { createTell } from './tell.ts'

const { values: { short, json, only, profile } } = parseArgs({
  options: { short: { type: 'boolean', default: false }, json: { type: 'string' }, only: { type: 'string', multiple: true }, profile: { type: 'string' } }
})
// What was started is ended when this process exits, also by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(1) })

const cores = takeCores()
const measures = [
  createRest(cores, profile), createMcp(cores, profile), createStdio(cores, profile), createTell(cores, profile), createCrowd(cores, profile),
  createIngest(cores, profile), createEvents(cores, profile), createGrowth(cores, profile),
  createStart(cores), createMemory(cores), createSockets(cores)
]
for (const name of only ?? []) {
  if (!measures.some(measure => measure.name === name)) throw new Error(`No measure is named '${name}': ${measures.map(measure => measure.name).join(', ')}`)
}
const chosen = measures.filter(({ name }) => only?.includes(name) ?? true)
const rows: Row[] = []
let failed = 0

for (const { name, run } of chosen) {
  try {
    const found = await run(short ? SHORT : WHOLE)
    const wrong = found.map(fault).find(text => text !== undefined)
    if (wrong !== undefined) throw new Error(wrong)
    rows.push(...found)
    console.error(`${name}: measured`)
  } catch (err) {
    failed++
    console.error(`${name}: failed`, err)
  }
}

const machine = {
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  system: `${process.platform} ${release()}`,
  node: process.version,
  pinned: cores.server === null ? 'no' : `server to core ${cores.server}, load to core ${cores.load}`,
  loadAverage: loadavg().map(value => value.toFixed(1)).join(' ')
}
if (!short) {
  console.log(Object.entries(machine).map(([key, value]) => `${key}: ${value}`).join(' · '))
  console.log(table(rows))
}
if (json !== undefined) {
  const figures = rows.map(row => ({ ...row, met: met(row), summary: { ours: spread(row.ours), limit: spread(row.limit), ratio: paired(row, 'ratio'), added: paired(row, 'added') } }))
  writeFileSync(json, JSON.stringify({ date: new Date().toISOString(), short, machine, rows: figures }, null, 2) + '\n')
}
if (short) console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
