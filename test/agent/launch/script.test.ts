import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ending, greeting, loader, script } from '../../../src/agent/launch/script.ts'
import { alive, dead, scratch } from '../ear.ts'
import { HOSTILE } from './hostile.ts'

const linux = process.platform === 'linux'
const names = HOSTILE.map((_, n) => `V${n}`)

/** A script as it is run elsewhere: by a login shell, its stdin a pipe. */
function run (t: Test, args: readonly string[], { cwd = scratch(t), env = {}, session = randomUUID(), shell = 'sh', command = process.execPath, path = process.env.PATH }: {
  cwd?: string, env?: Record<string, string>, session?: string, shell?: string, command?: string, path?: string | undefined
} = {}) {
  const nonce = randomUUID()
  const child = spawn(shell, ['-c', loader(nonce)], { stdio: 'pipe', env: { PATH: path }, cwd: '/', detached: true })
  let out = ''
  let err = ''
  let look = () => {}
  child.stdout.on('data', (part: Buffer) => { out += part.toString(); look() })
  child.stderr.on('data', (part: Buffer) => { err += part.toString() })
  child.stdin.on('error', () => {})
  const text = script({ command, args, cwd, env }, { nonce, session })
  const ended = new Promise<{ out: string, err: string, status: number | undefined, code: number | null }>(resolve => {
    child.once('close', code => {
      const [line, status] = ending(nonce).exec(err) ?? []
      resolve({ out: out.replace(greeting(nonce), ''), err: err.replace(line ?? '', ''), status: status === undefined ? undefined : Number(status), code })
    })
  })
  t.teardown(async () => {
    child.stdin.destroy()
    if (child.pid !== undefined) await ended
  })
  return {
    child,
    session,
    text,
    send: (more = '') => child.stdin.write(text + more),
    ended,
    said: (pattern: RegExp) => new Promise<RegExpExecArray>(resolve => {
      look = () => { const found = pattern.exec(out); if (found !== null) resolve(found) }
      look()
    })
  }
}

const node = (source: string) => ['-e', source]
const FOREVER = 'setInterval(() => {}, 1e9);'
/** A process in a session of its own that keeps nothing open, and says its pid. */
const APART = `console.log('apart ' + require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(FOREVER)}], { detached: true, stdio: 'ignore' }).pid);`

t.test('Directory, arguments and environment arrive as they are, and nothing in them is run', async t => {
  const base = scratch(t)
  for (const name of ['two  words', "it's", '$(touch pwned)', '`touch pwned`', ';touch pwned;', '-n', 'a\nb', '"', '\\', '*', '~', '世界']) {
    const cwd = join(base, name)
    mkdirSync(cwd)
    const env = Object.fromEntries(HOSTILE.map((word, n) => [names[n]!, word]))
    const show = `const [, ...args] = process.argv; console.log(JSON.stringify({ cwd: process.cwd(), args, env: ${JSON.stringify(names)}.map(name => process.env[name]) }))`
    const { send, ended } = run(t, ['-e', show, '--', ...HOSTILE], { cwd, env })
    send()
    const { out, err, status } = await ended
    t.equal(err, '')
    t.equal(status, 0)
    t.strictSame(JSON.parse(out), { cwd, args: [...HOSTILE], env: [...HOSTILE] })
    t.strictSame(readdirSync(cwd), [])
  }
  t.notOk(readdirSync(base).includes('pwned'))
})

t.test('What is not the whole script is not run', async t => {
  const cwd = scratch(t)
  const { child, text, ended } = run(t, node('require("fs").writeFileSync("ran", "")'), { cwd })
  child.stdin.end(text.slice(0, -2))
  t.match(await ended, { code: 1, status: undefined, out: '' })
  t.strictSame(readdirSync(cwd), [])
})

t.test('What comes after the script is the program\'s, to the byte', async t => {
  const { child, send, ended } = run(t, node('process.stdin.pipe(process.stdout)'))
  const bytes = Buffer.from(Array.from({ length: 4096 }, (_, n) => n % 251))
  let got = Buffer.alloc(0)
  child.stdout.on('data', (part: Buffer) => { got = Buffer.concat([got, part]) })
  send()
  child.stdin.end(bytes)
  t.match(await ended, { status: 0 })
  t.strictSame(got.subarray(-4096), bytes)
})

t.test('How the program ended is told, whatever that was', async t => {
  const how = async (args: readonly string[], more: object = {}) => {
    const { send, ended } = run(t, args, more)
    send()
    return await ended
  }
  t.match(await how(node('process.exit(7)')), { status: 7, code: 7 })
  t.match(await how(node('process.exit(255)')), { status: 255 })
  t.match(await how(node('process.kill(process.pid, "SIGKILL")')), { status: 137 })
  // Which of its parts is there first is chance.
  const failed = await Promise.all(Array.from({ length: 20 }, () => how([], { command: 'iris-no-such-program' })))
  for (const one of failed) t.match(one, { status: 127, err: /iris-no-such-program: not found/ })
  t.match(await how([], { cwd: '/iris/no/such/directory' }), { status: 126, err: /iris\/no\/such\/directory/ })
})

t.test('The end of the input ends the program, by SIGTERM and SIGKILL where it does not heed it, and what it started', async t => {
  const polite = run(t, node(`process.on('SIGTERM', () => process.exit(9)); ${APART} ${FOREVER}`))
  const stubborn = run(t, node(`process.on('SIGTERM', () => {}); console.log('up'); ${FOREVER}`))
  for (const { send } of [polite, stubborn]) send()
  const pid = Number((await polite.said(/apart (\d+)\n/))[1])
  await stubborn.said(/up/)
  t.ok(alive(pid))
  for (const { child } of [polite, stubborn]) child.stdin.end()
  t.match(await polite.ended, { status: 9 })
  t.match(await stubborn.ended, { status: 137 })
  if (linux) {
    await dead(pid)
    t.notOk(alive(pid), 'also what is in a session of its own')
  }
})

t.test('A program that ends by itself leaves nothing behind', { skip: !linux }, async t => {
  const { send, said, ended } = run(t, node(`${APART} process.exit(4)`))
  send()
  const pid = Number((await said(/apart (\d+)\n/))[1])
  t.match(await ended, { status: 4 })
  t.notOk(alive(pid))
})

t.test('What an earlier connection of the session left is gone before the next begins; other sessions are let be', { skip: !linux }, async t => {
  const first = run(t, node(`process.on('SIGTERM', () => {}); console.log('pid ' + process.pid); ${FOREVER}`))
  const other = run(t, node(`console.log('pid ' + process.pid); ${FOREVER}`))
  for (const { send } of [first, other]) send()
  const pids = await Promise.all([first, other].map(async ({ said }) => Number((await said(/pid (\d+)\n/))[1])))
  const next = run(t, node('console.log("next"); process.exit(0)'), { session: first.session })
  next.send()
  await next.ended
  t.strictSame(pids.map(alive), [false, true])
  t.match(await first.ended, { status: 137 })
})

t.test('The end of an earlier connection of the session leaves a later one be', { skip: !linux }, async t => {
  const first = run(t, node(`process.on('SIGTERM', () => {}); console.log('up'); ${FOREVER}`))
  first.send()
  await first.said(/up/)
  first.child.stdin.end()
  const next = run(t, node('console.log("next"); process.stdin.resume().on("end", () => process.exit(5))'), { session: first.session })
  next.send()
  await Promise.all([first.ended, next.said(/next/)])
  next.child.stdin.end()
  t.match(await next.ended, { status: 5 })
})

t.test('The environment is the program\'s alone: what serves it does not carry it', { skip: !linux }, async t => {
  const secret = randomUUID()
  const { send, said, child } = run(t, node(`console.log('up'); ${FOREVER}`), { env: { SECRET: secret } })
  send()
  await said(/up/)
  const carriers = readdirSync('/proc').filter(name => /^\d+$/.test(name)).filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`SECRET=${secret}`) || readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(secret)
    } catch {
      return false
    }
  })
  t.equal(carriers.length, 1, carriers.map(pid => readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').slice(0, 200)).join(' / '))
  t.not(carriers[0], String(child.pid))
})

t.test('Any login shell loads it', async t => {
  for (const shell of ['dash', 'bash', 'zsh', 'fish', 'tcsh', 'ksh']) {
    const { child, send, ended } = run(t, node('console.log(process.env.A)'), { shell, env: { A: "it's" } })
    const there = await new Promise<boolean>(resolve => { child.once('spawn', () => { resolve(true) }).once('error', () => { resolve(false) }) })
    if (!there) {
      t.comment(`there is no ${shell} here`)
      continue
    }
    send()
    t.match(await ended, { out: "it's\n", status: 0 }, shell)
  }
})

t.test('The programs of BusyBox do as well', { skip: !linux }, async t => {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync)
  if (busybox === undefined) return t.comment('there is no busybox here')
  const bin = scratch(t)
  for (const name of ['sh', 'tr', 'grep', 'sleep', 'cat', 'setsid', 'printf']) symlinkSync(busybox, join(bin, name))
  const { send, said, ended } = run(t, node(`${APART} process.exit(4)`), { shell: join(bin, 'sh'), path: bin })
  send()
  const pid = Number((await said(/apart (\d+)\n/))[1])
  t.match(await ended, { status: 4 })
  t.notOk(alive(pid))
})
