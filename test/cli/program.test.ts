import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { shipped, VERSION } from '../../src/version.ts'
import { root } from '../fixtures/root.ts'
import { iris, start } from './iris.ts'
import { json, scripted } from './upstream.ts'

const COMMANDS = ['start', 'mcp', 'tell', 'teams', 'status', 'key', 'audit', 'openapi', 'init', 'doctor']

t.test('--help names every command, --version is that of package.json', async t => {
  const cwd = t.testdir({})
  const help = await iris(t, ['--help'], { cwd })
  t.match(help, { code: 0, stderr: '' })
  for (const name of COMMANDS) t.match(help.stdout, new RegExp(`^ {2}${name}\\b`, 'm'))
  t.match(await iris(t, ['--version'], { cwd }), { code: 0, stdout: `${VERSION}\n` })
  t.equal(VERSION, (JSON.parse(shipped('package.json')) as { version: string }).version)
})

t.test('each command has a help text with an example', async t => {
  const cwd = t.testdir({})
  for (const command of [...COMMANDS.filter(name => !['key', 'audit'].includes(name)).map(name => [name]), ['key', 'create'], ['audit', 'list'], ['audit', 'verify']]) {
    const { code, stdout } = await iris(t, [...command, '--help'], { cwd })
    t.equal(code, 0)
    t.match(stdout, new RegExp(`Usage: iris ${command.join(' ')}[^]*Examples?:\n {2}.*iris ${command.join(' ')}`), command.join(' '))
  }
  t.match((await iris(t, ['help', 'key'], { cwd })).stdout, /create.*\n[^]*list[^]*revoke[^]*rotate/)
})

t.test('a team whose model service takes no more is said to be limited, and for how long', async t => {
  const cwd = t.testdir({})
  const config = { agent: 'echo', path: '/p', description: '' }
  const { target } = await scripted(t, ({ response }) => { json(response, { teams: [{ name: 'a', state: 'idle', limitedUntil: Date.now() + 3_600_000, config }, { name: 'b', state: 'idle', config }] }) })
  const { code, stdout } = await iris(t, ['teams', '--url', target.url, '--key', 'k'], { cwd })
  t.match({ code, stdout }, { code: 0, stdout: /^a +limited, (59m \d+s|1h) left +echo[^]*^b +idle +echo/m })
})

const usage: [title: string, args: string[], said: RegExp][] = [
  ['no command', [], /Usage: iris/],
  ['an unknown command', ['statsu'], /unknown command 'statsu'[^]*status/],
  ['an unknown option', ['teams', '--colour'], /unknown option '--colour'/],
  ['a missing argument', ['tell', 'echo'], /missing required argument 'message'/],
  ['too many arguments', ['start', 'now'], /too many arguments/],
  ['a port that is none', ['start', '--port', '70000'], /--port <port>.*0 to 65535/],
  ['a duration that is none', ['tell', 'a', 'b', '--timeout', 'soon'], /--timeout <duration>.*30s/],
  ['a key without permission', ['key', 'create', 'a'], /required option '--permission/],
  ['a key without a name', ['key', 'create', ' ', '--permission', 'tell'], /A name has 1 to 64 characters/],
  ['a key with too long a name', ['key', 'create', 'x'.repeat(65), '--permission', 'tell'], /A name has 1 to 64 characters/],
  ['a key until a day that its month does not have', ['key', 'create', 'a', '--permission', 'tell', '--expires', '2099-02-30'], /'2099-02-30' is no expiry/],
  ['a message that begins like an option', ['tell', 'echo', '- a list'], /unknown option '- a list'[^]*comes after --/],
  ['an unknown permission', ['key', 'create', 'a', '--permission', 'tel'], /Allowed are tell, wake/],
  ['a team name in capitals', ['key', 'create', 'a', '--permission', 'tell', '--team', 'Web'], /lower-case/],
  ['to speak as a team of no name', ['mcp', '--as', 'Web!'], /'Web!' is no team name/],
  ['a key that no header holds', ['status', '--url', 'http://127.0.0.1:1', '--key', 'iris_sk_…'], /^iris: The key has a character that no key has\n$/],
  ['an address that is no URL', ['status', '--url', 'localhost:1'], /'localhost:1' is no URL/],
  ['a head that is none', ['audit', 'verify', '--head', 'abc'], /64 hexadecimal digits/],
  ['an empty message', ['tell', 'a', ' ', '--url', 'http://127.0.0.1:1'], /message is empty/]
]

for (const [title, args, said] of usage) {
  t.test(`a wrong command line exits with 2 and says why on stderr: ${title}`, async t => {
    const { code, stdout, stderr } = await iris(t, args, { cwd: t.testdir({}) })
    t.equal(code, 2)
    t.match(stderr, said)
    t.equal(stdout, '')
  })
}

t.test('without a configuration, start, mcp and key say how to get one', async t => {
  const cwd = t.testdir({})
  for (const args of [['start'], ['mcp'], ['key', 'list']]) {
    const { code, stdout, stderr } = await iris(t, args, { cwd })
    t.equal(code, 1, args.join(' '))
    t.match(stderr, /there is no config\.yaml here\. `iris init` writes one/)
    t.equal(stdout, '')
  }
})

t.test('without a server, its clients say how to start one', async t => {
  const cwd = t.testdir({})
  for (const args of [['teams'], ['status'], ['tell', 'echo', 'hello']]) {
    t.match(await iris(t, args, { cwd }), { code: 1, stdout: '', stderr: /^iris: No Iris serves .*\.iris\. Start one with 'iris start'.*\n$/ })
  }
})

t.test('a server that does not answer is one sentence and exit code 1', async t => {
  t.match(await iris(t, ['status', '--url', 'http://127.0.0.1:1/api/'], { cwd: t.testdir({}) }), { code: 1, stderr: 'iris: http://127.0.0.1:1 does not answer: ECONNREFUSED\n' })
})

t.test('a server file whose process is gone, or whose address is dead, is no server', async t => {
  const cwd = t.testdir({ '.iris': {} })
  const gone = start(t, ['--version'], { cwd })
  await once(gone, 'exit')
  const other = await scripted(t, ({ response }) => { json(response, { status: 'ok' }) })
  for (const server of [{ url: 'http://127.0.0.1:1', pid: process.pid }, { url: other.target.url, pid: gone.pid }]) {
    writeFileSync(join(cwd, '.iris/server.json'), JSON.stringify(server))
    t.match(await iris(t, ['status'], { cwd }), { code: 1, stderr: /No Iris serves/ })
  }
  t.strictSame(other.got, [], 'a program that took over the port is not even asked')
})

t.test('the key in the data directory goes to its own server only, a named key anywhere', async t => {
  const cwd = t.testdir({ '.iris': { 'admin.key': 'secret' } })
  const { got, target } = await scripted(t, ({ response }) => { json(response, { error: 'UnauthorizedError', message: 'A key is needed', statusCode: 401 }, 401) })
  t.match(await iris(t, ['status', '--url', target.url], { cwd }), { code: 1, stderr: 'iris: A key is needed. Name one with --key or IRIS_KEY\n' })
  await iris(t, ['status', '--url', target.url, '--key', 'flag'], { cwd, env: { IRIS_KEY: 'env' } })
  await iris(t, ['status'], { cwd, env: { IRIS_KEY: 'env\n', IRIS_URL: `${target.url}/` } })
  writeFileSync(join(cwd, '.iris/server.json'), JSON.stringify({ url: target.url, pid: process.pid }))
  await iris(t, ['status', '--url', `${target.url}/api`], { cwd })
  t.strictSame(got.map(({ headers }) => headers.authorization), [undefined, 'Bearer flag', 'Bearer env', 'Bearer secret'])
})

t.test('init writes the shipped configuration, once; --force writes it again', async t => {
  const cwd = t.testdir({})
  const file = join(cwd, 'config.yaml')
  t.match(await iris(t, ['init'], { cwd }), { code: 0, stdout: /Wrote .*config\.yaml[^]*iris start/, stderr: '' })
  t.equal(readFileSync(file, 'utf8'), shipped('config.yaml'))
  writeFileSync(file, 'mine')
  t.match(await iris(t, ['init'], { cwd }), { code: 1, stderr: /exists already; --force/ })
  t.equal(readFileSync(file, 'utf8'), 'mine')
  t.match(await iris(t, ['init', '--force', '--json'], { cwd }), { code: 0, stdout: JSON.stringify({ file }, null, 2) + '\n' })
  t.equal(readFileSync(file, 'utf8'), shipped('config.yaml'))
  t.match(await iris(t, ['init', '--config', 'deep/iris.yaml'], { cwd }), { code: 0 })
  t.ok(existsSync(join(cwd, 'deep/iris.yaml')))
  const elsewhere = await iris(t, ['init', '--config', 'a b/iris.yaml'], { cwd })
  t.match(elsewhere.stdout, "  iris doctor --config 'a b/iris.yaml'\n  iris start --config 'a b/iris.yaml'\n", 'what it says to do next finds that file')
  t.match(await iris(t, ['doctor', '--config', 'a b/iris.yaml', '--port', '0'], { cwd }), { code: 0 })
})

t.test('init works beside a broken environment: nothing is loaded before it', async t => {
  const cwd = t.testdir({})
  t.match(await iris(t, ['init'], { cwd, env: { IRIS_CONFIG: 'nowhere/x.yaml', IRIS_HTTP_PORT: 'x', IRIS_HOME: '/proc/x' } }), { code: 0 })
  t.ok(existsSync(join(cwd, 'nowhere/x.yaml')), 'where the other commands look for it')
})

t.test('a broken configuration names each problem with its line', async t => {
  const cwd = t.testdir({ 'config.yaml': 'settings:\n  httport: 1\nteams:\n  a: { agent: echo }\n' })
  t.match(await iris(t, ['start'], { cwd }), {
    code: 1,
    stdout: '',
    stderr: /^iris: .*config\.yaml has 2 problems:\n {2}line 2: unknown key 'settings.httport'; did you mean 'httpPort'\?\n {2}line 4: 'teams.a.path' is missing/
  })
})

t.test('--config and --home say where to look, wherever they stand', async t => {
  const cwd = t.testdir({ here: { 'iris.yaml': 'teams: {}' } })
  t.match(await iris(t, ['--config', 'here/iris.yaml', 'key', 'create', 'a', '--permission', 'tell', '--home', 'data'], { cwd }), { code: 0, stdout: /^iris_sk_\S+\n$/ })
  t.ok(existsSync(join(cwd, 'data/iris.db')))
  t.notOk(existsSync(join(cwd, 'here/.iris')))
  t.match(await iris(t, ['key', 'list', '--json'], { cwd, env: { IRIS_CONFIG: 'here/iris.yaml', IRIS_HOME: 'data' } }), { stdout: /"name": "a"/ })
})

t.test('a key is created, listed, rotated and revoked; it is alone on stdout and shown once', async t => {
  const cwd = t.testdir({ 'config.yaml': 'teams: { web: { path: ., agent: echo } }\napi:\n  apiKeys:\n    - { name: from file, key: "0123456789abcdef", permissions: [status] }\n' })
  const run = async (...args: string[]) => await iris(t, ['key', ...args], { cwd })
  const created = await run('create', 'ci', '--permission', 'tell,status', '--permission', 'wake', '--team', 'web', '--team', 'later', '--as', 'bot', '--rate', '5', '--expires', '30d')
  t.match(created, { code: 0, stdout: /^iris_sk_\S{43}\n$/, stderr: /No team is named 'later' yet[^]*shown this once/ })

  const { keys } = JSON.parse((await run('list', '--json')).stdout) as { keys: Record<string, unknown>[] }
  t.match(keys, [
    { name: 'from file', source: 'config', permissions: ['status'] },
    { name: 'ci', source: 'store', permissions: ['tell', 'status', 'wake'], teams: ['web', 'later'], as: ['bot'], rateLimit: 5 }
  ])
  const left = keys[1]!.expiresAt as number - (keys[1]!.createdAt as number)
  t.ok(Math.abs(left - 30 * 86_400_000) < 60_000, 'in 30 days')
  t.match((await run('list')).stdout, /NAME +STATE[^]*from file +valid[^]*ci +valid +tell,status,wake +web,later +bot/)

  t.match(await run('create', 'ci', '--permission', 'tell'), { code: 1, stdout: '', stderr: /named 'ci' already/ })
  t.match(await run('create', 'old', '--permission', 'tell', '--expires', '2001-01-01'), { code: 2, stderr: /over already/ })
  t.match(await run('create', 'odd', '--permission', 'tell', '--expires', 'soon'), { code: 2, stderr: /no expiry; expected e\.g\. 30d/ })

  const rotated = JSON.parse((await run('rotate', 'ci', '--json')).stdout) as { key: string }
  t.not(`${rotated.key}\n`, created.stdout)
  t.match(await run('revoke', 'ci'), { code: 0, stdout: "Revoked 'ci'\n" })
  t.match((await run('list')).stdout, /ci +revoked/)
  t.match(await run('revoke', 'nobody'), { code: 1, stderr: /No key is named 'nobody'/ })
  t.match(await run('revoke', 'from file'), { code: 1, stderr: /is in config\.yaml/ })
})

t.test('doctor: what is fine, what is missing, and the exit code', async t => {
  const cwd = t.testdir({ 'config.yaml': 'settings: { httpPort: 0 }\nteams:\n  echo: { path: ., agent: echo }\n  gone: { path: ./gone }\n  none: { path: ., command: ./no-such }\n  bad: { path: ., command: ./bad }\n  good: { path: ., command: ./good }\n  in: { path: ., command: ./login, env: { ANSWER: \'{"loggedIn":true,"apiKeySource":"ANTHROPIC_API_KEY"}\' } }\n  out: { path: ., command: ./login, env: { ANSWER: \'{"loggedIn":false}\', CODE: "1" } }\n', login: `#!/bin/sh\n[ "$1" = --version ] && exec echo "9.9 $SECRET$HOME"\n[ "$1" = auth ] && { echo "$ANSWER"; exit $CODE; }\nexec ${process.execPath} ${join(root, 'dist/bin/echo-program.js')} "$@"\n`, good: '#!/bin/sh\necho "9.9 $SECRET$HOME"\n', bad: '#!/bin/sh\necho "it broke" >&2; exit 3\n' })
  chmodSync(join(cwd, 'good'), 0o755)
  chmodSync(join(cwd, 'bad'), 0o755)
  chmodSync(join(cwd, 'login'), 0o755)
  const { code, stdout } = await iris(t, ['doctor'], { cwd, env: { SECRET: 'secret', HOME: '/home/x' } })
  t.equal(code, 0, 'a team that cannot work is a warning')
  t.match(stdout, /^ok {4}configuration: .*7 teams$/m)
  t.match(stdout, /^ok {4}data directory: .*made by the first start/m)
  t.match(stdout, /^ok {4}team echo: .*, agent echo comes with Iris, starts$/m)
  t.match(stdout, /^warn {2}team gone: the directory .*gone does not exist$/m)
  t.match(stdout, /^warn {2}team none: the program '.\/no-such' is not found/m)
  t.match(stdout, /^warn {2}team bad: .*failed: it broke$/m)
  t.match(stdout, /^warn {2}team good: .* 9\.9 \/home\/x, which does not say whether it is logged in, but does not start: The agent ended with exit code 0 before/m, 'in the environment an agent gets')
  t.match(stdout, /^ok {4}team in: .* 9\.9 \/home\/x, logged in \(ANTHROPIC_API_KEY\), starts$/m)
  t.match(stdout, /^warn {2}team out: .* 9\.9 \/home\/x, not logged in\. Run `claude auth login`/m)
  t.notOk(existsSync(join(cwd, '.iris')), 'it leaves nothing behind')
})

t.test('doctor: a program that prints answers is not run, for it might do its work', async t => {
  const cwd = t.testdir({ 'config.yaml': 'settings: { httpPort: 0 }\nteams:\n  own: { path: ., agent: command, command: ./own.sh }\n  none: { path: ., agent: command, command: ./none.sh }\n', 'own.sh': '#!/bin/sh\necho worked >> worked.txt\n' })
  chmodSync(join(cwd, 'own.sh'), 0o755)
  const { code, stdout } = await iris(t, ['doctor'], { cwd })
  t.equal(code, 0)
  t.match(stdout, /^ok {4}team own: .*, \.\/own\.sh, starts$/m)
  t.match(stdout, /^warn {2}team none: .*'\.\/none\.sh' is not found/m)
  t.notOk(existsSync(join(cwd, 'worked.txt')))
})

t.test('doctor: a taken port and a bad configuration fail', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => { other.close() })
  const cwd = t.testdir({ 'config.yaml': '' })
  t.match(await iris(t, ['doctor', '--port', String((other.address() as AddressInfo).port)], { cwd }), { code: 1, stdout: /^fail {2}address: .*taken by another program/m })
  writeFileSync(join(cwd, 'config.yaml'), 'x: 1')
  t.match(await iris(t, ['doctor', '--json'], { cwd }), { code: 1, stdout: /"result": "fail"[^]*unknown key 'x'/ })
})

t.test('openapi prints the document of the API, without a configuration', async t => {
  const { code, stdout } = await iris(t, ['openapi'], { cwd: t.testdir({}) })
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { openapi: /^3\.1/, paths: { '/api/teams/tell': {} } })
})
