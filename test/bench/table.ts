import type { Row } from './measure.ts'
import { met, paired, spread } from './statistics.ts'

const HEAD = ['measure', 'ours [min–max]', 'limit [min–max]', 'against', 'ratio [min–max]', 'goal', '']

/** The rows as Markdown, aligned for a terminal. */
export function table (rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(toCells)]
  const widths = HEAD.map((_, column) => Math.max(...cells.map(row => row[column]!.length)))
  const lines = cells.map(row => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`)
  lines.splice(1, 0, `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`)
  return lines.join('\n')
}

function toCells (row: Row): string[] {
  const verdict = met(row)
  return [
    `${row.measure}, ${row.unit}`,
    range(row.ours),
    range(row.limit),
    row.against,
    show(paired(row, 'ratio')),
    goal(row),
    verdict === undefined ? row.doubt ?? '' : verdict ? 'met' : 'MISSED'
  ]
}

function goal ({ goal, unit, ...row }: Row): string {
  if (goal === undefined) return ''
  const bound = 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`
  switch (goal.of) {
    case 'ratio': return `ratio ${bound}`
    case 'ours': return `${bound} ${unit}`
    case 'added': return `${bound} ${unit} added: ${show(paired(row, 'added'))}`
  }
}

const range = (values: readonly number[]) => show(spread(values))

const show = ({ median, min, max }: ReturnType<typeof spread>) => `${digits(median)} [${digits(min)}–${digits(max)}]`

/** Three digits that count. */
function digits (value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
