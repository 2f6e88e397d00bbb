import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { install, nodeForSuite, root, suite } from './install.ts'
import { buildServer } from './server.ts'

/** One run of the suite: its release, what of it, and the name of the file with what is expected to fail. */
const runs = [
  ['stable', ['--suite', 'all'], 'all'],
  ['next', ['--requirements', '2025-11-25'], '2025-11-25'],
  ['next', ['--requirements', '2026-07-28'], '2026-07-28']
] as const

const colours = /\x1b\[\d+m/g // eslint-disable-line no-control-regex

function execute (args: readonly string[]): Promise<{ code: number, output: string }> {
  return new Promise(resolve => {
    execFile(nodeForSuite, args, { timeout: 300_000, maxBuffer: 64 * 1024 * 1024 }, (err, stdout, stderr) => {
      resolve({ code: err === null ? 0 : 1, output: `${stdout}${stderr}`.replace(colours, '') })
    })
  })
}

await install()
const app = await buildServer()
const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/mcp`
let passed = 0
let failed = 0

for (const [release, what, expected] of runs) {
  const file = join(root, `test/conformance/expected/${expected}.yml`)
  const results = join(root, `.cache/conformance/results/${expected}`)
  const { code, output } = await execute([suite(release), 'server', '--url', url, ...what, '--expected-failures', file, '-o', results])
  const summary = output.slice(output.indexOf('=== SUMMARY ==='))
  console.log(`\n${release} ${what.join(' ')}\n${summary}`)

  const checks = Number(/^Total: (\d+) passed/m.exec(summary)?.[1] ?? 0)
  const known = summary.match(/^ {2}~ /gm)?.length ?? 0
  // Failures that nobody expected, and expected ones that are out of date; a run that never came to an end is one as well.
  const verdict = /^(?:Unexpected failures|Stale baseline)[\s\S]*/m.exec(summary)?.[0] ?? ''
  const bad = code === 0 ? 0 : Math.max(1, verdict.match(/^ {2}\S /gm)?.length ?? 0)
  console.log(`${release} ${what.join(' ')}: ${checks} checks passed, ${known} expected to fail, ${bad} unexpected`)
  passed += checks
  failed += bad
}

await app.close()
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
