import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { iris } from './iris.ts'
import { json, scripted } from './upstream.ts'

t.test('where the key in the data directory is not taken, or not there, that file is named, and what to do', async t => {
  const cwd = t.testdir({ '.iris': { 'admin.key': 'old' } })
  const { target } = await scripted(t, ({ url, headers, response }) => {
    if (url === '/health/live') return json(response, { status: 'ok' })
    json(response, { error: 'UnauthorizedError', message: headers.authorization === undefined ? 'A key is needed' : 'This key is wrong', statusCode: 401 }, 401)
  })
  writeFileSync(join(cwd, '.iris/server.json'), JSON.stringify({ url: target.url, pid: process.pid }))
  const file = join(cwd, '.iris/admin.key')
  for (const args of [['status'], ['tell', 'echo', 'hello']]) {
    t.match(await iris(t, args, { cwd }), { code: 1, stderr: `iris: This key is wrong: it is that of ${file}. Name one with --key or IRIS_KEY, or remove the file, and the next start makes another\n` })
  }
  t.match(await iris(t, ['status', '--key', 'mine'], { cwd }), { code: 1, stderr: 'iris: This key is wrong. Name one with --key or IRIS_KEY\n' })
  rmSync(file)
  t.match(await iris(t, ['status'], { cwd }), { code: 1, stderr: `iris: A key is needed. Name one with --key or IRIS_KEY: there is none in ${file}, where the next start makes it\n` })
})

t.test('a data directory that cannot be opened is named', async t => {
  const cwd = t.testdir({ 'config.yaml': 'settings: { httpPort: 0 }\n', '.iris': { 'iris.db': {} } })
  for (const args of [['start'], ['key', 'list'], ['audit', 'list']]) {
    const { code, stderr } = await iris(t, args, { cwd })
    t.equal(code, 1)
    t.match(stderr.split('\n').at(-2), /^iris: Cannot open what is stored in .*\.iris: .+\. Only the user who runs its server may; --home names another$/, args.join(' '))
  }
})

t.test('the data directory of another user is no sign that no Iris runs', { skip: process.getuid?.() === 0 && 'nothing is closed to root' }, async t => {
  const cwd = t.testdir({ '.iris': {} })
  chmodSync(join(cwd, '.iris'), 0)
  t.teardown(() => { chmodSync(join(cwd, '.iris'), 0o700) })
  t.match(await iris(t, ['status'], { cwd }), { code: 1, stderr: /^iris: .*\.iris is another user's: name the server and a key for it with --url and --key\n$/ })
})

t.test('a file that cannot be written is one sentence', async t => {
  const cwd = t.testdir({})
  t.match(await iris(t, ['graphql', '--write', 'none/schema.graphql'], { cwd }), { code: 1, stdout: '', stderr: /^iris: Cannot write .*none\/schema\.graphql: ENOENT/ })
})
