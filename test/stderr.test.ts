import { spawn, spawnSync, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { constants, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { root } from './fixtures/root.ts'

/** Together more than a pipe or a terminal takes, and less than two. */
const LINES = 100
const ALL = Array.from({ length: LINES }, (_, n) => `${n} ${'long '.repeat(200)}\n`).join('')

/** A program of these words that writes to its log. `said`: it goes on when it is told. */
function program (words: string): string[] {
  return ['--input-type=module', '-e', `
    import { once } from 'node:events'
    import { openStderr } from '${join(root, 'dist/src/stderr.js')}'
    import { systemClock } from '${join(root, 'dist/src/clock.js')}'
    const log = openStderr(systemClock)
    const fill = () => { for (let n = 0; n < ${LINES}; n++) log.write(n + ' ' + 'long '.repeat(200) + '\\n') }
    setInterval(() => {}, 2 ** 30) // it lives on, whatever it waits for
    const said = () => once(process.stdin, 'data')
    ${words}`]
}

function start (words: string, stderr: 'pipe' | number) {
  const child = spawn(process.execPath, program(words), { stdio: ['pipe', 'pipe', stderr] satisfies StdioOptions })
  return { child, ended: once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]> }
}

/** A pipe whose ends know nothing of each other. */
function pipe (t: Test): { reader: number, writer: number } {
  const path = join(t.testdir(), 'pipe')
  spawnSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { reader, writer: openSync(path, constants.O_WRONLY) }
}

/** A program that fills a pipe and then does this: what it wrote of all by then, and it goes on. */
async function filled (t: Test, words: string) {
  const { reader, writer } = pipe(t)
  const started = start(`fill(); ${words}`, writer)
  await once(started.child.stdout!, 'data')
  const log = taken(reader)
  t.ok(log.length < ALL.length, 'it takes a part only')
  return { ...started, reader, log }
}

/** What is in it. */
function taken (fd: number): string {
  const buffer = Buffer.alloc(ALL.length)
  let length = 0
  try {
    for (;;) length += readSync(fd, buffer, length, buffer.length - length, null)
  } catch { /* it is empty */ }
  return buffer.toString('utf8', 0, length)
}

t.test('a line is there once it is written, and those before it, though its process is killed in that moment', async t => {
  const { child, ended } = start("for (const line of ['one', 'two', 'three']) log.write(line + '\\n'); process.kill(process.pid, 'SIGKILL')", 'pipe')
  const log = text(child.stderr!)
  t.equal((await ended)[1], 'SIGKILL')
  t.equal(await log, 'one\ntwo\nthree\n')
})

t.test('where a pipe was full and its reader is back, the last line of a process that ends at once comes with all before it', async t => {
  const { child, ended, reader, log } = await filled(t, "process.stdout.write('full'); await said(); log.write('last\\n'); process.exit(3)")
  child.stdin!.write('go on')
  t.equal((await ended)[0], 3)
  t.equal(log + taken(reader), ALL + 'last\n')
})

t.test('who ends in the moment that a pipe is full waits for its reader', async t => {
  const { ended, reader, log } = await filled(t, "const closed = log.close(); process.stdout.write('full'); await closed; process.exit(3)")
  t.equal((await ended)[0], 3)
  t.equal(log + taken(reader), ALL)
})

t.test('a pipe that somebody who shares it makes one that waits holds up nothing', async t => {
  const { writer } = pipe(t)
  const { child, ended } = start("process.stdout.write('open'); await said(); fill(); process.stdout.write('goes on'); await said(); await log.close(); process.exit(3)", writer)
  await once(child.stdout!, 'data')
  spawnSync('true', { stdio: ['ignore', 'ignore', writer] }) // whoever starts a program with it, does
  const flags = () => Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${writer}`, 'utf8'))![1]!, 8)
  t.equal(flags() & constants.O_NONBLOCK, 0, 'it waits')
  child.stdin!.write('go on')
  await once(child.stdout!, 'data')
  child.stdin!.write('go on')
  t.equal((await ended)[0], 3)
})

t.test('a terminal that nobody reads holds up nothing', { skip: !existsSync('/usr/bin/script') && 'makes a terminal by the program `script`' }, async t => {
  const words = program('for (let n = 0; n < 10; n++) fill(); await log.close(); process.exit(3)').map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  // Once nobody takes what `script` has read of the terminal, it reads no more.
  const terminal = spawn('script', ['-qc', `${process.execPath} ${words}; echo "ended $?" >&3`, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] })
  t.teardown(() => { terminal.kill('SIGKILL') })
  const [said] = await once(terminal.stdio[3]!, 'data') as [Buffer]
  t.equal(said.toString(), 'ended 3\n')
})

t.test('a log on a full disk holds up nothing', async t => {
  const { ended } = start("fill(); process.stdout.write('goes on'); await log.close(); log.write('unread'); process.exit(3)", openSync('/dev/full', 'w'))
  t.equal((await ended)[0], 3)
})

t.test('a log in a file goes on where another ended', async t => {
  const file = join(t.testdir(), 'log')
  const fd = openSync(file, 'w')
  for (const name of ['first', 'second']) t.equal((await start(`log.write('${name}\\n'); await log.close(); process.exit(3)`, fd).ended)[0], 3)
  t.equal(readFileSync(file, 'utf8'), 'first\nsecond\n')
})
