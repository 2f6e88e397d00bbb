import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createAudit } from '../../src/audit.ts'
import { systemClock } from '../../src/clock.ts'
import { openStore } from '../../src/store/sqlite.ts'
import { TERMINAL, type TellState } from '../../schemas/tell.ts'
import type { Faults } from './fuzz.ts'
import type { Sent } from './kills.ts'

/** A turn, as the agent's own file has it. */
interface Kept { role: string, uuid?: string, turn?: string, text: string, result?: { is_error: boolean } }

/** What the store, the log, the agent's own count and its records say, held against each other and against what the client saw. */
export function inquest ({ home, runs, sent }: { home: string, runs: string, sent: readonly Sent[] }): Record<string, Faults> {
  const data = join(home, '.iris')
  const store = openStore(data)
  const begun = count(readFileSync(runs, 'utf8').split('\n').filter(line => line !== '').map(line => line.split(' ')[0]!))
  const records = new Map(readdirSync(join(data, 'echo')).flatMap(file => readFileSync(join(data, 'echo', file), 'utf8').trim().split('\n'))
    .flatMap(line => { const kept = parse(line); return kept?.turn !== undefined && kept.result?.is_error === false ? [[kept.turn, kept.text] as const] : [] }))

  const ends: { tellId: string, event: string }[] = []
  let recovered = 0
  for (let after = 0, page = store.events.since(0, 1_000); page.length > 0; page = store.events.since(after, 1_000)) {
    for (const { seq, event, data } of page) {
      after = seq
      if (event === 'tell:complete' || event === 'tell:error') ends.push({ event, tellId: (JSON.parse(data) as { tellId: string }).tellId })
      if (event === 'cache:message' && data.includes('"turn_recovered"')) recovered++
    }
  }
  const endings = count(ends.map(({ tellId }) => tellId))

  const [terminal, once, double, lost, kept, never]: Faults[] = [[], [], [], [], [], []]
  const states = new Map<TellState, number>()
  const details = new Map<string, number>()
  for (const { tellId, message, accepted, answer, end } of sent) {
    const row = store.tells.get(tellId)
    const what = `${tellId} (${message.slice(0, 40)})`
    if (row === undefined) {
      if (accepted || begun.has(tellId)) lost!.push(`${what} was accepted and is not there`)
      continue
    }
    states.set(row.state, (states.get(row.state) ?? 0) + 1)
    const recorded = row.error?.details?.recorded
    if (row.state === 'lost') details.set(String(recorded), (details.get(String(recorded)) ?? 0) + 1)
    if (!TERMINAL.has(row.state)) terminal!.push(`${what} is ${row.state}`)
    else if (row.state !== 'completed' && row.state !== 'lost') terminal!.push(`${what} is ${row.state}: ${JSON.stringify(row.error)}`)
    if (endings.get(tellId) !== 1) once!.push(`${what} has ${endings.get(tellId) ?? 0} terminal events`)
    if ((begun.get(tellId) ?? 0) > 1) double!.push(`${what} ran ${begun.get(tellId)} times`)
    const record = records.get(tellId)
    if (record !== undefined && (row.state !== 'completed' || row.response !== record)) lost!.push(`${what} was completed by the agent and is ${row.state} with ${row.response.length} of ${record.length} characters`)
    if (row.state === 'completed' && !begun.has(tellId)) never!.push(`${what} is completed and never ran`)
    if (row.state === 'lost' && recorded !== 'partial' && recorded !== 'none') lost!.push(`${what} is lost without a reason`)
    if (answer !== undefined && (row.state !== 'completed' || row.response !== answer)) kept!.push(`${what} was seen completed and is ${row.state}`)
    if (end !== undefined && row.state !== end) kept!.push(`${what} was seen to end ${end} and is ${row.state}`)
  }
  const verdict = createAudit({ store, clock: systemClock, onError: err => { throw err } }).verify()
  const unsound = store.check()
  const ledger = store.children.list().map(({ pid }) => `pid ${pid} is on the ledger`)
  const pending = store.approvals.inState('pending').map(({ id }) => `the question ${id} is pending`)
  const size = store.events.head()
  store.close()
  console.log(`  ${sent.length} tells sent: ${[...states].map(([state, times]) => `${times} ${state}`).join(', ')} (${recovered} of them by the agent's record; lost: ${[...details].map(([name, times]) => `${times} recorded '${name}'`).join(', ') || 'none'}); ${begun.size} turns run; ${size} events; audit trail of ${verdict.rows} rows`)
  return {
    'every tell ends, completed or lost': terminal!,
    'with exactly one terminal event': once!,
    'none ran twice, as the agent counts': begun.size < sent.length / 2 ? [`only ${begun.size} of ${sent.length} ran`] : [...double!, ...never!],
    'no result is lost: what the agent completed is completed, with its answer': lost!,
    'what the client saw stays so': kept!,
    'no question stays open and no child on the ledger': [...pending, ...ledger],
    'the database is sound': unsound,
    'the audit trail is unbroken': verdict.broken === undefined ? (existsSync(runs) && verdict.rows > 0 ? [] : ['it is empty']) : [`row ${verdict.broken.n} ${verdict.broken.why}`]
  }
}

function count (names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

function parse (line: string): Kept | undefined {
  try {
    return JSON.parse(line) as Kept
  } catch {
    return undefined
  }
}
