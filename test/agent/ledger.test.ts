import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { birthOf } from '../../src/agent/birth.ts'
import { spawnChild } from '../../src/agent/child.ts'
import { endRecorded, type ChildRecord } from '../../src/agent/ledger.ts'
import { systemClock } from '../../src/clock.ts'
import { alive, scratch } from './ear.ts'

/** A ledger in memory, which says what was written to it. */
function createLedger () {
  const children = new Map<string, ChildRecord>()
  return {
    children,
    add (child: ChildRecord) { children.set(child.nonce, child) },
    remove (nonce: string) { children.delete(nonce) }
  }
}

/** A child that lives until its input ends, and its row. */
async function recorded (t: Test) {
  const ledger = createLedger()
  const child = await spawnChild({
    command: process.execPath,
    args: ['-e', 'process.stdin.resume()'],
    cwd: scratch(t),
    env: {},
    owner: randomUUID(),
    run: randomUUID(),
    ledger,
    sessionId: 'session',
    clock: systemClock,
    stdout () {},
    exit () {}
  })
  t.teardown(() => child.kill())
  return { child, ledger, row: [...ledger.children.values()][0]! }
}

t.test('A child is on record from before its use until nothing of it is left', async t => {
  const { child, ledger, row } = await recorded(t)
  t.match(row, { pid: child.pid, nonce: /^[0-9a-f-]{36}$/, birth: /./, command: /^node/, sessionId: 'session', at: Number })
  t.equal(row.birth, await birthOf(child.pid))
  await child.stop()
  t.equal(ledger.children.size, 0)
})

t.test('One that cannot be put on record is ended, and its start fails', async t => {
  let pid = 0
  const ledger = { add (child: ChildRecord) { pid = child.pid; throw new Error('database or disk is full') }, remove () {} }
  await t.rejects(spawnChild({
    command: process.execPath, args: ['-e', 'setInterval(() => {}, 1e9)'], cwd: scratch(t), env: {}, owner: randomUUID(), run: undefined, ledger, sessionId: 'session', clock: systemClock, stdout () {}, exit () {}
  }), { name: 'AgentError', message: /could not be put on record/ })
  t.ok(pid > 0)
  t.notOk(alive(pid))
})

t.test('A row whose pid has another start by now ends nothing', async t => {
  const { child, row } = await recorded(t)
  t.strictSame(await endRecorded([{ ...row, birth: `${row.birth}1` }]), [])
  t.ok(alive(child.pid))
})

t.test('A row whose process lacks the mark ends nothing, where that can be seen', { skip: process.platform !== 'linux' }, async t => {
  const { child, row } = await recorded(t)
  t.strictSame(await endRecorded([{ ...row, nonce: randomUUID() }]), [])
  t.ok(alive(child.pid))
})

t.test('A row that matches ends its process; one whose process is gone ends nothing', async t => {
  const { child, row } = await recorded(t)
  t.strictSame(await endRecorded([row]), [row.pid])
  t.match(await child.stop(), { signal: 'SIGKILL' })
  t.strictSame(await endRecorded([row]), [])
})

t.test('The start of a process is the same whenever it is asked for, also by way of ps', async t => {
  for (const platform of [process.platform, 'darwin']) {
    const first = await birthOf(process.pid, platform)
    t.match(first, /\d/)
    t.equal(await birthOf(process.pid, platform), first)
  }
  const { child } = await recorded(t)
  t.not(await birthOf(child.pid), await birthOf(process.pid))
  await child.kill()
  t.equal(await birthOf(child.pid), undefined)
  t.equal(await birthOf(child.pid, 'darwin'), undefined)
})
