import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Remote } from '../../schemas/place.ts'
import type { Exit, Program } from '../../src/agent/agent.ts'
import { spawnChild } from '../../src/agent/child.ts'
import { systemClock } from '../../src/clock.ts'
import { HOSTILE, hostileWord } from '../agent/launch/hostile.ts'
import { scratch } from '../fixtures/wired.ts'
import { createRandom } from '../soak/random.ts'
import { echoAt } from './lab.ts'
import { skip, startSshd } from './sshd.ts'

/** A program run to its end at a host. */
async function runAt (t: Test, folder: string, remote: Remote, program: Program) {
  const { place } = echoAt(folder, remote)
  const sessionId = randomUUID()
  const { launch } = place.open({ sessionId })
  let out = ''
  const exit = await new Promise<Exit>((resolve, reject) => {
    spawnChild({ ...program, launch, owner: folder, sessionId, clock: systemClock, stdout (chunk) { out += chunk.toString() }, exit: resolve }).then(child => { t.teardown(() => child.kill()) }, reject)
  })
  return { out, exit }
}

const show = (names: readonly string[]) => `const [, ...args] = process.argv; console.log(JSON.stringify({ cwd: process.cwd(), args, env: ${JSON.stringify(names)}.map(name => process.env[name]) }))`

t.test('Words through a real sshd', { skip }, async t => {
  t.test('directory, arguments and environment arrive as they are, and nothing in them is run', async t => {
    const sshd = await startSshd(t)
    const base = scratch(t)
    const random = createRandom(22)
    const rounds = ['plain', 'two  words', "it's; touch pwned", '$(touch pwned)', '`touch pwned`', '-oProxyCommand=touch pwned', '--', 'a\nb', '"\\', '*', '世界']
    for (const [round, name] of rounds.entries()) {
      const cwd = join(base, name)
      mkdirSync(cwd)
      const words = round === 0 ? [...HOSTILE] : Array.from({ length: 30 }, () => hostileWord(random))
      const names = words.map((_, n) => `V${n}`)
      const { out, exit } = await runAt(t, base, sshd.remote, {
        command: process.execPath, args: ['-e', show(names), '--', ...words], cwd, env: Object.fromEntries(words.map((word, n) => [names[n]!, word]))
      })
      t.match(exit, { code: 0, stderr: '' })
      t.strictSame(JSON.parse(out), { cwd, args: words, env: words }, `seed 22, round ${round}`)
      t.strictSame(readdirSync(cwd), [])
    }
    t.notOk(readdirSync(base).includes('pwned'))
    t.notOk(readdirSync(homedir()).includes('pwned'))
  })

  t.test('a program whose own name is hostile is the one that is run', async t => {
    const sshd = await startSshd(t)
    const base = scratch(t)
    for (const name of ["no'de $(touch pwned)", '-n', 'a\nb', ';touch pwned']) {
      symlinkSync(process.execPath, join(base, name))
      const { out } = await runAt(t, base, sshd.remote, { command: join(base, name), args: ['-p', '6*7'], cwd: base, env: {} })
      t.equal(out, '42\n', name)
    }
    t.notOk(readdirSync(base).includes('pwned'))
  })

  t.test('files of ssh with hostile names, and values of options, are what they say', async t => {
    const sshd = await startSshd(t)
    const base = scratch(t)
    const identity = join(base, "a key's %h $(touch pwned) `touch pwned` \"x\" \\\\")
    symlinkSync(sshd.remote.identity!, identity)
    const options = { HostKeyAlias: `[127.0.0.1]:${sshd.remote.port}`, SendEnv: '$(touch pwned)', SetEnv: 'LC_X=;touch`pwned`$(pwned)', Compression: true, NumberOfPasswordPrompts: 0 }
    const { out, exit } = await runAt(t, base, { ...sshd.remote, identity, options }, { command: 'pwd', args: [], cwd: base, env: {} })
    t.equal(out, `${base}\n`, exit.stderr)
    t.strictSame(readdirSync(base).length, 1)
  })
})
