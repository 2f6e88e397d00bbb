/** The tests of the three SDKs, each by its language's own runner, against the server in dist/. Prints `N passed, N failed`. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
let passed = 0
let failed = 0

/** Runs a program; `count` reads from what it printed how many tests passed and failed. */
function step (name, cwd, command, args, count = () => [0, 0]) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root + cwd, encoding: 'utf8', maxBuffer: 2 ** 28, env: { ...process.env, NO_COLOR: '1' } })
  const output = error === undefined ? stdout + stderr : String(error)
  const [good, bad] = count(output)
  passed += good
  failed += bad
  if (status !== 0) {
    if (bad === 0) failed++
    console.log(output)
  }
  console.log(`${status === 0 ? 'ok' : 'NOT OK'} - ${name}${good > 0 ? `: ${good} passed, ${bad} failed` : ''}`)
  return status === 0
}

const sum = (text, pattern) => [...text.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0)

if (step('clients/js compiles', '', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'clients/js'])) {
  step('clients/js', '', process.execPath, ['--test', '--test-reporter=tap', 'clients/js/dist/test/'],
    text => [sum(text, /^# pass (\d+)/gm), sum(text, /^# (?:fail|cancelled) (\d+)/gm)])
}

step('clients/python', 'clients/python', 'python3', ['-W', 'error::ResourceWarning', '-m', 'unittest', 'discover', '-t', '.', '-s', 'tests'], text => {
  const bad = sum(text, /failures=(\d+)/g) + sum(text, /errors=(\d+)/g)
  return [sum(text, /^Ran (\d+) test/gm) - bad, bad]
})

console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
