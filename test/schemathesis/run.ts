/**
 * `npm run test:schemathesis`: requests made from what openapi.json says, against a real server, with every check of
 * schemathesis. Once by a key that may do everything; and once by two keys held to a team each, neither of which may be
 * shown what is the other's. Prints `N passed, N failed`: cases, each of which all checks have judged.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startProcess, type ServerProcess } from '../fixtures/process.ts'
import { root } from '../fixtures/root.ts'
import { install, program } from './install.ts'

/** What is made up is the same each time. */
const SEED = '1'

interface Report {
  complete: boolean
  phases: Record<string, { status: string }>
  operations: { total: number, tested: number }
  test_cases: { generated: number, with_failures: number, without_checks: number, errored: number }
}

await install()
// A key of the configuration: those of the store can be revoked and made anew, which is tried too.
const KEY = `iris_sk_${randomBytes(32).toString('base64url')}`
const server = await startProcess({
  settings: { maxProcesses: 50 },
  webhooks: { allow: ['127.0.0.1'] },
  api: { apiKeys: [{ name: 'schemathesis', key: KEY, permissions: ['admin'] }] }
})
let passed = 0
let failed = 0
try {
  await furnish(server)
  await judge('a key that may do everything', ['--header', `Authorization: Bearer ${KEY}`, '--max-examples', '25'])
  await judge('keys of two teams', ['--max-examples', '10'], await peers(server))
} finally {
  await server.stop()
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

async function judge (who: string, options: readonly string[], more = ''): Promise<void> {
  const config = join(server.home, 'schemathesis.toml')
  writeFileSync(config, readFileSync(join(root, 'test/schemathesis/schemathesis.toml'), 'utf8') + more)
  const file = join(server.home, 'report.json')
  const { output, ok } = await new Promise<{ output: string, ok: boolean }>(resolve => {
    execFile(program, [
      '--config-file', config, 'run', `${server.url}/openapi.json`, '--seed', SEED, '--no-color', '--report', 'json', '--report-json-path', file, ...options
    ], { cwd: server.home, timeout: 300_000, maxBuffer: 2 ** 28 }, (err, stdout, stderr) => { resolve({ output: stdout + stderr, ok: err === null }) })
  })
  let report: Report | undefined
  try { report = JSON.parse(readFileSync(file, 'utf8')) as Report } catch { /* it came to no end */ }
  const { generated = 0, with_failures: bad = 0, without_checks: unjudged = 0, errored = 0 } = report?.test_cases ?? {}
  const phases = Object.entries(report?.phases ?? {})
  const whole = ok && report?.complete === true && report.operations.tested === report.operations.total && phases.length === 4 && phases.every(([, { status }]) => status === 'success')
  console.log(`${who}: ${generated} cases, ${bad + errored} bad, ${unjudged} that no check fits; ${phases.map(([name, { status }]) => `${name}: ${status}`).join(', ')}`)
  passed += generated - bad - unjudged - errored
  failed += whole ? 0 : Math.max(1, bad + errored)
  if (!whole) console.log(output)
}

/** So that there is something to find: conversations, and questions that nobody has answered. */
async function furnish ({ url }: ServerProcess): Promise<void> {
  const tell = (toTeam: string, message: string, timeout: number) => fetch(`${url}/api/teams/tell`, {
    method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }, body: JSON.stringify({ toTeam, message, timeout, fromTeam: `f${Math.random().toString(36).slice(2)}` })
  })
  for (const team of ['echo', 'other']) for (let n = 0; n < 3; n++) await tell(team, 'hello', 10_000)
  for (let n = 0; n < 5; n++) await tell('careful', '!ask Write {"file_path":"a.txt","content":"a"}', -1)
}

/** Two users for schemathesis, in its words. */
async function peers ({ home }: ServerProcess): Promise<string> {
  const names = ['echo', 'other']
  const auth = []
  for (const team of names) {
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(root, 'dist/bin/iris.js'), 'key', 'create', `of-${team}`, '--team', team, '--permission', 'tell,wake,sleep,status,cache:read,cache:write,approve', '--config', join(home, 'config.yaml')
    ])
    auth.push({ name: team, fixedHeaders: [{ name: 'Authorization', value: `Bearer ${/iris_sk_\S+/.exec(stdout)![0]}` }] })
  }
  const path = join(home, 'peers.json')
  writeFileSync(path, JSON.stringify({ auth }))
  return `\n[auth.wfc]\npath = ${JSON.stringify(path)}\nuser = "echo"\npeers = ${JSON.stringify(names)}\n`
}
