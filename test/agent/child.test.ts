import t, { type Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { spawnChild, type ChildOptions } from '../../src/agent/child.ts'
import { sweepOwner } from '../../src/agent/sweep.ts'
import type { Exit } from '../../src/agent/agent.ts'
import { systemClock } from '../../src/clock.ts'
import { alive, dead, scratch, TAPS_OWN } from './ear.ts'

const linux = process.platform === 'linux'

/** Run a script of Node's as a child, and hear what it writes. */
async function run (t: Test, source: string, more: Partial<ChildOptions> = {}) {
  let heard = ''
  let look = () => {}
  let left: (exit: Exit) => void
  const exited = new Promise<Exit>(resolve => { left = resolve })
  const child = await spawnChild({
    command: process.execPath,
    args: ['-e', source],
    cwd: scratch(t),
    env: { PATH: process.env.PATH ?? '' },
    owner: randomUUID(),
    run: undefined,
    ledger: undefined,
    sessionId: 'session',
    clock: systemClock,
    stdout (chunk) {
      heard += chunk
      look()
    },
    exit (exit) { left(exit) },
    ...more
  })
  t.teardown(() => child.kill())
  return {
    child,
    exited,
    heard: () => heard,
    /** What stdout has given, once it fits. */
    said: (pattern: RegExp) => new Promise<string>(resolve => {
      look = () => { if (pattern.test(heard)) resolve(heard) }
      look()
    })
  }
}

const FOREVER = 'setInterval(() => {}, 1e9);'
/** A process in a group of its own that keeps its parent's stdout open; says its pid. */
const grandchild = (options: string) => `
  const { pid } = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(FOREVER)}], ${options});
  console.log('pid ' + pid);`
const pidIn = (text: string) => Number(/pid (\d+)/.exec(text)?.[1])

t.test('What goes in comes out, and the end of its input ends it', async t => {
  const { child, exited, said } = await run(t, 'process.stdin.pipe(process.stdout)')
  child.write('Grüße\n')
  await said(/Grüße\n/)
  t.match(await child.stop(), { code: 0, signal: null, expected: true })
  t.match(await exited, { code: 0 })
})

t.test('An exit of its own accord is not expected, and all that it wrote before is heard', async t => {
  const { exited, heard } = await run(t, 'process.stdout.write("x".repeat(1e6)); process.stderr.write("why\\n"); process.exitCode = 3')
  t.match(await exited, { code: 3, signal: null, stderr: 'why\n', expected: false })
  t.equal(heard().length, 1e6)
})

t.test('Of stderr the last 4096 bytes are kept, in whole characters', async t => {
  const { exited } = await run(t, 'process.stderr.write("€".repeat(5000) + "end")')
  const { stderr } = await exited
  t.match(stderr, /^€+end$/)
  t.ok(Buffer.byteLength(stderr) <= 4096 && Buffer.byteLength(stderr) > 4090)
})

t.test('A program that is missing, or is none, fails the start at once and says why', async t => {
  const cwd = scratch(t)
  const text = join(cwd, 'text')
  writeFileSync(text, 'no program')
  const begun = performance.now()
  await t.rejects(run(t, '', { command: 'iris-no-such-program' }), { name: 'AgentError', message: /'iris-no-such-program'.*not found/, details: { exitCode: null } })
  await t.rejects(run(t, '', { command: text }), { name: 'AgentError', message: /not an executable file/ })
  await t.rejects(run(t, '', { cwd: join(cwd, 'missing') }), { name: 'AgentError', message: /directory .*missing/ })
  await t.rejects(run(t, '', { args: ['a\0b'] }), { name: 'AgentError', message: /null bytes/ })
  t.ok(performance.now() - begun < 1000)
})

t.test('Where no more files can be opened a start fails and says so, and the server lives', { skip: process.platform === 'win32' }, async t => {
  const url = (name: string) => JSON.stringify(new URL(`../../src/${name}.js`, import.meta.url).href)
  const crowded = `
    import { closeSync, openSync } from 'node:fs'
    const { spawnChild } = await import(${url('agent/child')})
    const { lockConversation } = await import(${url('agent/lock')})
    const { systemClock: clock } = await import(${url('clock')})
    const held = []
    try { for (;;) held.push(openSync('/dev/null')) } catch {}
    const options = { command: 'true', args: [], cwd: '/', env: process.env, clock, owner: 'o', sessionId: undefined, stdout () {}, exit () {} }
    for (const start of [() => spawnChild(options), ...process.platform === 'linux' ? [() => lockConversation('crowded')] : []]) await start().catch(({ name, message }) => console.log(name, message))
    setImmediate(() => {
      console.log('lives')
      for (const file of held) closeSync(file)
    })`
  const { exited, heard } = await run(t, '', { command: '/bin/sh', args: ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, crowded] })
  t.match(await exited, { code: 0, stderr: '' })
  const lines = heard().trim().split('\n')
  t.equal(lines.pop(), 'lives')
  t.equal(lines.length, linux ? 2 : 1)
  for (const line of lines) t.match(line, /^AgentError The agent could not be started: .*EMFILE: the server has as many files open as it may/)
})

t.test('It has the environment it is given, and marks, and nothing else', async t => {
  const owner = randomUUID()
  const { exited, heard } = await run(t, 'console.log(JSON.stringify(process.env))', { owner, env: { A: 'b', IRIS_CHILD: 'forged' } })
  await exited
  const { IRIS_CHILD: mark, ...rest } = JSON.parse(heard()) as Record<string, string>
  t.match(mark, /^[0-9a-f-]{36}$/)
  t.strictSame(Object.entries(rest).filter(([name]) => !TAPS_OWN.test(name)), [['A', 'b'], ['IRIS_OWNER', owner]])
})

t.test('Writing to one that is gone harms nobody', async t => {
  const { child, exited } = await run(t, 'process.stdin.destroy(); process.exit(0)')
  for (let n = 0; n < 100; n++) child.write('x'.repeat(1e5))
  await exited
  child.write('too late')
  t.match(await child.stop(), { code: 0, expected: false })
})

t.test('A stop is one stop, however often it is called', async t => {
  const { child } = await run(t, 'process.stdin.resume()')
  const stops = [child.stop(), child.stop()]
  t.equal(stops[0], stops[1])
  t.match(await child.stop(), { code: 0 })
})

t.test('One that ignores the end of its input is asked by SIGTERM, one that ignores that too is killed', async t => {
  const polite = await run(t, `process.on('SIGTERM', () => process.exit(9)); console.log('up'); ${FOREVER}`)
  const stubborn = await run(t, `process.on('SIGTERM', () => console.log('no')); console.log('up'); ${FOREVER}`)
  await Promise.all([polite.said(/up/), stubborn.said(/up/)])
  const begun = performance.now()
  const [first, second] = await Promise.all([polite.child.stop(), stubborn.child.stop()])
  t.match(first, { code: 9, expected: true })
  t.match(second, { code: null, signal: 'SIGKILL', expected: true })
  t.match(stubborn.heard(), /no/)
  t.ok(performance.now() - begun < 5000)
})

t.test('One that closes its output or its input and lives on is ended where it is talked with, and nowhere else', async t => {
  const deaf = await run(t, `require('fs').closeSync(0); console.log('up'); ${FOREVER}`, { converses: true })
  await deaf.said(/up/)
  deaf.child.write('anything\n')
  t.match(await deaf.exited, { signal: 'SIGTERM', stderr: /^It closed its stdin and lived on, so it was ended$/, expected: false })
  const dumb = await run(t, `require('fs').closeSync(1); console.error('why'); ${FOREVER}`, { converses: true })
  t.match(await dumb.exited, { signal: 'SIGTERM', stderr: /^why\n+It closed its stdout and lived on, so it was ended$/, expected: false })
  const silent = await run(t, "require('fs').closeSync(1); setTimeout(() => {}, 2000)")
  t.match(await silent.exited, { code: 0, signal: null, expected: false })
})

t.test('A process that it left in its group dies with it', async t => {
  const { exited, heard } = await run(t, `${grandchild('{ stdio: "ignore" }')} process.exit(0)`)
  await exited
  await dead(pidIn(heard()))
})

t.test('A process that holds its output open does not hold up its exit', { skip: !linux }, async t => {
  const begun = performance.now()
  const { exited, heard } = await run(t, `${grandchild('{ detached: true, stdio: "inherit", env: {} }')} process.exit(5)`)
  t.match(await exited, { code: 5 })
  t.ok(performance.now() - begun < 5000)
  const pid = pidIn(heard())
  t.ok(alive(pid), 'without the mark it is not ours to kill')
  process.kill(pid, 'SIGKILL')
})

t.test('A process that it left in another group dies after it', { skip: !linux }, async t => {
  const { child, said } = await run(t, `${grandchild('{ detached: true, stdio: "ignore" }')} process.stdin.resume()`)
  const pid = pidIn(await said(/pid \d+\n/))
  t.ok(alive(pid))
  await child.stop()
  await dead(pid)
})

t.test('The children of a server that was killed are found by the data directory they are of', { skip: !linux }, async t => {
  const owner = `/home/josé/${randomUUID()}`
  const ours = await run(t, `console.log('up'); ${FOREVER}`, { owner })
  const others = await run(t, `console.log('up'); ${FOREVER}`)
  await Promise.all([ours.said(/up/), others.said(/up/)])
  t.strictSame(await sweepOwner(owner), [ours.child.pid])
  t.match(await ours.exited, { signal: 'SIGKILL', expected: false })
  t.ok(alive(others.child.pid))
  t.strictSame(await sweepOwner(owner), [])
})

t.test('A program whose interpreter is missing is told from one that is not there', async t => {
  const command = join(scratch(t), 'agent')
  writeFileSync(command, '#!/bin/sh\r\necho hello\r\n', { mode: 0o755 })
  await t.rejects(run(t, '', { command, args: [] }), { message: /the interpreter that its first line names was not found/ })
})
