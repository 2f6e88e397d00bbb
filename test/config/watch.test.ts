import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Config } from '../../schemas/config.ts'
import { loadConfig, watchConfig } from '../../src/config.ts'
import { standingClock } from '../cli/standing-clock.ts'

function watched (t: Test, text: string) {
  const cwd = t.testdir({ 'config.yaml': text, a: {}, b: {} })
  const file = join(cwd, 'config.yaml')
  const load = (file?: string) => loadConfig({ env: {}, cwd, file })
  const time = standingClock()
  const changes: Config[] = []
  const errors: string[] = []
  const first = load()
  const watch = watchConfig(first, { clock: time.clock, load, onChange: next => { changes.push(next) }, onError: message => { errors.push(message) } })
  // The watcher keeps no process alive, this does.
  const { port1 } = new MessageChannel()
  port1.ref()
  t.teardown(() => {
    watch.close()
    port1.close()
  })
  /** Does something to the file, then lets the dust settle until there is an answer. */
  async function after (act: () => void) {
    const before = changes.length + errors.length
    act()
    do {
      await time.armed()
      time.strike()
    } while (changes.length + errors.length === before)
  }
  return { ...time, cwd, file, first, changes, errors, watch, after }
}

t.test('a good file is applied whole', async t => {
  const { file, changes, errors, after } = watched(t, 'teams: { a: { path: a } }')
  await after(() => { writeFileSync(file, 'teams: { b: { path: b } }\nsettings: { maxProcesses: 3 }') })
  t.strictSame(errors, [])
  t.strictSame([...changes[0]!.teams.keys()], ['b'])
  t.equal(changes[0]!.settings.maxProcesses, 3)
})

t.test('a file that an editor puts in its place by renaming is seen, again and again', async t => {
  const { file, changes, after } = watched(t, '')
  for (const max of [2, 3, 4]) {
    await after(() => {
      writeFileSync(`${file}.new`, `settings: { maxProcesses: ${max} }`)
      renameSync(`${file}.new`, file)
    })
  }
  t.strictSame(changes.map(({ settings }) => settings.maxProcesses), [2, 3, 4])
})

t.test('a file that is a link is seen to change where it is written, however that is done', async t => {
  const { cwd, file, changes, after } = watched(t, '')
  const elsewhere = join(cwd, 'a', 'iris.yaml')
  const say = (max: number, at: string) => { writeFileSync(at, `settings: { maxProcesses: ${max} }`) }
  await after(() => {
    say(2, elsewhere)
    symlinkSync(elsewhere, `${file}.new`)
    renameSync(`${file}.new`, file)
  })
  await after(() => { say(3, elsewhere) })
  await after(() => {
    say(4, `${elsewhere}.new`)
    renameSync(`${elsewhere}.new`, elsewhere)
  })
  await after(() => { say(5, elsewhere) })
  t.strictSame(changes.map(({ settings }) => settings.maxProcesses), [2, 3, 4, 5])
})

t.test('a burst of writes is read once', async t => {
  const { file, changes, armed, strike } = watched(t, '')
  for (let i = 1; i <= 9; i++) writeFileSync(file, `settings: { maxProcesses: ${i} }`)
  await armed()
  strike()
  t.strictSame(changes.map(({ settings }) => settings.maxProcesses), [9])
})

t.test('a bad file changes nothing and says why; the next good one is applied', async t => {
  const { file, changes, errors, after } = watched(t, 'teams: { a: { path: a } }')
  await after(() => { writeFileSync(file, 'teams: { a: { pth: a } }') })
  t.equal(changes.length, 0)
  t.match(errors, [/The configuration in force stays.*did you mean 'path'/s])
  await after(() => { writeFileSync(file, 'teams: { b: { path: b } }') })
  t.strictSame([...changes[0]!.teams.keys()], ['b'])
})

t.test('a missing file changes nothing and says why; when it comes back it is applied', async t => {
  const { file, changes, errors, after } = watched(t, 'settings: { maxProcesses: 1 }')
  await after(() => { rmSync(file) })
  t.equal(changes.length, 0)
  t.match(errors, [/stays.*does not exist/])
  await after(() => { writeFileSync(file, 'settings: { maxProcesses: 2 }') })
  t.equal(changes[0]!.settings.maxProcesses, 2)
})

t.test('a touch without a change, and other files beside it, are no reason to read', async t => {
  const { cwd, file, changes, errors, after } = watched(t, 'settings: { maxProcesses: 1 }')
  writeFileSync(join(cwd, 'other.yaml'), 'x')
  mkdirSync(join(cwd, '.iris'))
  writeFileSync(file, readFileSync(file))
  await after(() => { writeFileSync(file, 'settings: { maxProcesses: 2 }') })
  t.strictSame(changes.map(({ settings }) => settings.maxProcesses), [2])
  t.strictSame(errors, [])
})

t.test('port and host keep their values until a restart; the rest is applied', async t => {
  const { file, changes, errors, after, watch } = watched(t, 'settings: { httpPort: 5 }')
  await after(() => { writeFileSync(file, 'settings: { httpPort: 6, host: localhost, maxProcesses: 2 }') })
  t.match(errors, [/settings\.httpPort and settings\.host needs a restart/])
  t.match(changes[0]!.settings, { httpPort: 5, host: '127.0.0.1', maxProcesses: 2 })
  watch.reload()
  t.equal(errors.length, 2, 'said again while it is so')
  t.equal(changes[1]!.settings.httpPort, 5)
})

t.test('keys are not given up while others reach the bound address', async t => {
  const { file, changes, errors, after } = watched(t, 'settings: { host: 0.0.0.0 }')
  await after(() => { writeFileSync(file, 'settings: { host: 127.0.0.1 }\napi: { requireAuth: false }') })
  t.equal(changes.length, 0)
  t.match(errors, [/stays.*requireAuth.*0\.0\.0\.0/])
})

t.test('a reload reads at once, changed or not', async t => {
  const { changes, watch, cwd } = watched(t, 'teams: { c: { path: c } }')
  mkdirSync(join(cwd, 'c'))
  watch.reload()
  t.equal(changes[0]!.teams.get('c')!.unavailable, undefined, 'a directory that came later is seen')
})

t.test('after the end nothing is read any more', async t => {
  const { file, waiting, armed, watch, changes } = watched(t, '')
  writeFileSync(file, 'settings: { maxProcesses: 2 }')
  await armed()
  watch.close()
  t.equal(waiting.size, 0)
  t.strictSame(changes, [])
})

t.test('where nothing can be watched that is said, and the file is read when it is asked for', async t => {
  const { cwd, first } = watched(t, 'settings: { maxProcesses: 1 }')
  const changes: Config[] = []
  const errors: string[] = []
  const watch = watchConfig({ ...first, file: join(cwd, 'gone', 'config.yaml') }, {
    clock: standingClock().clock, load: () => first, onChange: next => { changes.push(next) }, onError: message => { errors.push(message) }
  })
  t.match(errors, [/^The configuration file is not watched \(ENOENT.*\)\. After a change of it send SIGHUP, or start again$/])
  watch.reload()
  t.equal(changes.length, 1)
  watch.close()
})
