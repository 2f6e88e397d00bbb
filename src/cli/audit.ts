import { existsSync } from 'node:fs'
import { createAudit, type Audit } from '../audit.ts'
import { loadConfig } from '../config.ts'
import { openOwnStore } from './own-store.ts'
import { table } from './table.ts'
import { CliError, loadOptions, print, printJson, type Flags, type World } from './world.ts'

/** `iris audit list`: the newest first. */
export function list (world: World, flags: Flags & { limit: number }): void {
  withAudit(world, flags, audit => {
    const { rows } = audit.list({ limit: flags.limit })
    if (flags.json) return printJson(world, { rows })
    print(world, table(['N', 'AT', 'WHO', 'FROM', 'WHAT', 'ON', 'OUTCOME'], rows.map(row => [
      String(row.n),
      new Date(row.at).toISOString(),
      row.caller ?? '-',
      row.address === null ? row.via : `${row.via} ${row.address}`,
      row.decision === null ? row.tool : `${row.tool} ${row.decision}`,
      [row.team, row.keyName, row.approvalId ?? row.tellId ?? row.sessionId].filter(one => one !== null).join(' ') || '-',
      row.skipped === 0 ? row.outcome : `${row.outcome} (and ${row.skipped} before it without a row)`
    ])))
  })
}

/** `iris audit verify`. Exit code 1 where the chain is broken, with the first row that is wrong. */
export function verify (world: World, flags: Flags & { head?: string }): number {
  return withAudit(world, flags, audit => {
    const verdict = audit.verify(flags.head)
    const { rows, head, broken } = verdict
    if (flags.json) printJson(world, verdict)
    else if (broken !== undefined) print(world, `Broken: row ${broken.n} ${broken.why}`)
    else {
      print(world, `Unbroken: ${rows} rows`)
      print(world, `Head: ${head}`)
      if (flags.head === undefined) {
        world.stderr.write('Whoever can write the file can also cut off its end, or write the whole anew. Keep the head elsewhere, and verify with --head, to see that.\n')
      }
    }
    return broken === undefined ? 0 : 1
  })
}

/** Reads the store itself, whether a server runs or not. A directory that is not there has no trail: to call it unbroken would hide a slip of the hand. */
function withAudit<T> (world: World, flags: Flags, work: (audit: Audit) => T): T {
  const { home } = loadConfig(loadOptions(world, flags))
  if (!existsSync(home)) throw new CliError(`There is no data directory ${home}: 'iris start' makes it, and --home names another`)
  const store = openOwnStore(home)
  try {
    return work(createAudit({ store, clock: world.clock, onError: err => { throw err } }))
  } finally {
    store.close()
  }
}
