import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { dirname } from 'node:path'
import type { Cores } from './cores.ts'
import type { Measure, Row } from './measure.ts'
import { met, paired, spread } from './statistics.ts'
import { table } from './table.ts'

/** What a run has found. */
export interface Findings {
  readonly date: string
  readonly short: boolean
  readonly machine: Readonly<Record<string, string | number>>
  readonly rows: readonly Row[]
  /** Measures that had nothing to measure here, and why. */
  readonly skipped: readonly string[]
  readonly failed: readonly string[]
}

export function machineOf (cores: Cores) {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 1e9)} GB`,
    system: `${process.platform} ${release()}`,
    node: process.version,
    pinned: cores.server === null ? 'no' : `server to core ${cores.server}, load to core ${cores.load}`,
    loadAverage: loadavg().map(value => value.toFixed(1)).join(' ')
  }
}

/** All figures of all rounds, and what the table makes of them. */
export function writeJson (file: string, { rows, ...findings }: Findings): void {
  const figures = rows.map(row => ({ ...row, met: met(row), summary: { ours: spread(row.ours), limit: spread(row.limit), ratio: paired(row, 'ratio'), added: paired(row, 'added') } }))
  write(file, JSON.stringify({ ...findings, rows: figures }, null, 2) + '\n')
}

/** The table as a terminal shows it, with what is not in it. */
export function print ({ machine, rows, skipped, failed }: Findings): string {
  return [
    Object.entries(machine).map(([key, value]) => `${key}: ${value}`).join(' · '),
    table(rows),
    ...skipped.map(line => `skipped: ${line}`),
    ...failed.map(name => `FAILED: ${name}`)
  ].join('\n')
}

const METHOD = `Each row measures two sides of the same work: Iris, as \`iris start\` runs it, with everything on (keys, limits, validation, security headers, the store on the disk);
and the limit: the least program that does that work, a peer, or Iris itself with less to do.

- The two sides take turns within one run, so that a machine that slows down slows both. A round is one turn of each, and each round begins with another side.
- The server has one core for itself, the load has another; an agent that the server starts is on the server's core.
- A figure is the median of the rounds, with the least and the most beside it. The ratio is the median of the ratios of each round, not that of the two medians.
- What has just started is slow, for thousands of calls: each side is warmed up before it is measured. *start* and *wake* measure just that.
- A side that does not do its work (an answer that is wrong or missing, an event that does not come or comes out of order, a client that is closed) has no figure: the measure fails.
- *per CPU s* counts the processor time that the server used: what a core for itself would do, also where the load cannot keep it busy.
- A goal is not judged where the figures cannot tell, and the last column says why.
- Limits on calls count as always, and are set so high that none is refused.`

/** The whole of it, for people. Markdown. */
export function report ({ date, machine, rows, skipped, failed }: Findings, measures: readonly Measure[]): string {
  return `# Benchmarks

${date.slice(0, 10)}, Node.js ${machine.node} on ${machine.system}, ${machine.processor}, ${machine.cores} cores, ${machine.memory}; ${machine.pinned === 'no' ? 'not pinned' : machine.pinned}.

${table(rows)}
${[...skipped.map(line => `Skipped: ${line}`), ...failed.map(name => `Failed: ${name}`)].map(line => `\n${line}.\n`).join('')}
## Method

${METHOD}

## Run it

\`\`\`sh no-run: minutes, on a machine that has nothing else to do
npm run bench                                # the table; all figures also in .cache/bench/bench.json
npm run bench -- --only rest --only tell     # some measures
npm run bench -- --short                     # only whether every measure still runs
npm run bench -- --profile /tmp/profiles     # with the CPU profiles of Iris
npm run bench -- --write docs/benchmarks.md  # writes this page
\`\`\`

Nothing else should run on the machine meanwhile. \`node dist/test/claude/install.js\` fetches the agent that \`wake\` needs; its model service is a stub.

## What is measured

${measures.flatMap(({ name, what }) => what === undefined ? [] : [`- \`${name}\`: ${what}`]).join('\n')}
`
}

export function write (file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
