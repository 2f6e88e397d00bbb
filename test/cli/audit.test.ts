import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { iris } from './iris.ts'

t.test('the trail of a data directory that is not there is not called unbroken, and none is made', async t => {
  const cwd = t.testdir({ 'config.yaml': 'teams: {}\n' })
  for (const what of ['verify', 'list']) {
    t.match(await iris(t, ['--home', 'mistyped', 'audit', what], { cwd }), { code: 1, stdout: '', stderr: /^iris: There is no data directory .*mistyped: 'iris start' makes it, and --home names another\n$/ })
  }
  t.notOk(existsSync(join(cwd, 'mistyped')))
})

t.test('changes of keys are recorded with who made them, and audit verify says whether all of it stands', async t => {
  const cwd = t.testdir({ 'config.yaml': 'teams: {}\n' })
  const { stdout } = await iris(t, ['key', 'create', 'ci', '--permission', 'tell'], { cwd })
  const key = stdout.trim()
  t.match(key, /^iris_sk_/)
  const rotated = (await iris(t, ['key', 'rotate', 'ci'], { cwd })).stdout.trim()
  t.equal((await iris(t, ['key', 'revoke', key], { cwd })).code, 1, 'the key in the place of its name')
  await iris(t, ['key', 'revoke', 'ci'], { cwd })

  const list = await iris(t, ['audit', 'list', '--json', '--limit', '9'], { cwd })
  const { rows } = JSON.parse(list.stdout) as { rows: object[] }
  const by = { caller: /^user:./, via: 'cli', address: null }
  t.match(rows, [
    { ...by, n: 4, tool: 'key_revoke', keyName: 'ci', outcome: 'ok' },
    { ...by, n: 3, tool: 'key_revoke', keyName: null, outcome: 'NotFoundError' },
    { ...by, n: 2, tool: 'key_rotate', keyName: 'ci', outcome: 'ok' },
    { ...by, n: 1, tool: 'key_create', keyName: 'ci', outcome: 'ok' }
  ])
  for (const one of [key, rotated]) t.notOk(list.stdout.includes(one))
  t.match((await iris(t, ['audit', 'list', '--limit', '1'], { cwd })).stdout, /^N +AT +WHO[^\n]*\n4 [^\n]*user:[^\n]*key_revoke +ci +ok\n$/)

  const sound = await iris(t, ['audit', 'verify'], { cwd })
  t.match(sound, { code: 0, stdout: /^Unbroken: 4 rows\nHead: [0-9a-f]{64}\n$/, stderr: /Keep the head elsewhere/ })
  const head = /Head: (\w+)/.exec(sound.stdout)![1]!
  t.match(await iris(t, ['audit', 'verify', '--head', head], { cwd }), { code: 0, stderr: '' })
  t.match(await iris(t, ['audit', 'verify', '--head', '0'.repeat(64)], { cwd }), { code: 1, stdout: /^Broken: .*nowhere in the trail/ })

  const db = new Database(join(cwd, '.iris', 'iris.db'))
  db.exec("DROP TRIGGER audit_no_update; UPDATE audit SET caller = 'user:else' WHERE n = 2")
  db.close()
  t.match(await iris(t, ['audit', 'verify'], { cwd }), { code: 1, stdout: 'Broken: row 2 was changed\n' })
  t.match(JSON.parse((await iris(t, ['audit', 'verify', '--json'], { cwd })).stdout), { rows: 1, broken: { n: 2 } })
})
