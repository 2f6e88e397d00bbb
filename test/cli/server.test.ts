import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { iris, saying, start } from './iris.ts'
import { json, result, scripted } from './upstream.ts'

const run = promisify(execFile)
const FILE = 'settings: { httpPort: 0, drainTimeout: 1s }\nteams:\n  echo: { path: ., agent: echo }\n  web: { path: web, agent: echo }\n'
const directory = (t: Test) => t.testdir({ 'config.yaml': FILE, web: { deep: {} } })

async function stop (child: ReturnType<typeof start>, signal: NodeJS.Signals = 'SIGTERM') {
  const exit = once(child, 'exit')
  child.kill(signal)
  return await exit
}

t.test('start: the first time with the key, later without; the curl lines work when pasted', async t => {
  const cwd = directory(t)
  for (const first of [true, false]) {
    const child = start(t, ['start'], { cwd })
    child.stderr!.resume()
    const said = await saying(child.stdout!, /teams\/tell.*\n/)
    t.match(said, /Iris listens on http:\/\/127\.0\.0\.1:\d+\n[^]*\/docs\n[^]*\/mcp\n/)
    t.equal(/Key +iris_sk_/.test(said), first)
    t.equal(said.includes('$(cat '), !first)
    const [teams, tell] = said.split('\n').filter(line => line.startsWith('  curl '))
    t.match(JSON.parse((await run('sh', ['-c', teams!])).stdout), { totalTeams: 2 })
    t.match(JSON.parse((await run('sh', ['-c', tell!])).stdout), { response: 'echo: Hello', async: false })
    t.ok(existsSync(join(cwd, '.iris/server.json')))
    t.strictSame(await stop(child), [0, null])
    t.notOk(existsSync(join(cwd, '.iris/server.json')))
  }
})

t.test('a running server: teams, status, tell; a second one for the same data is refused; doctor knows it', async t => {
  const cwd = directory(t)
  const child = start(t, ['start', '--json'], { cwd })
  child.stderr!.resume()
  const { url, key } = JSON.parse(await saying(child.stdout!, /^}/m)) as { url: string, key: string }
  t.match(await iris(t, ['teams'], { cwd }), { code: 0, stdout: /^TEAM +STATE[^]*\necho +asleep +echo/, stderr: '' })
  t.match(await iris(t, ['tell', 'echo', 'hello', '--from', 'web'], { cwd }), { code: 0, stdout: 'echo: hello\n', stderr: '' })
  t.match(JSON.parse((await iris(t, ['teams', '--json'], { cwd })).stdout), { teams: [{ name: 'echo', status: 'awake' }, { name: 'web', status: 'asleep' }] })
  t.match(await iris(t, ['status'], { cwd: '/', env: { IRIS_URL: url, IRIS_KEY: key } }), { code: 0, stdout: new RegExp(`^Iris[^]*address +${url}\n`) })
  t.match(await iris(t, ['tell', 'nobody', 'hello'], { cwd }), { code: 1, stdout: '', stderr: /^iris: No team is named 'nobody'.*\n$/ })
  t.match(await iris(t, ['tell', 'echo', '!crash 3'], { cwd }), { code: 1, stderr: "iris: The agent's process ended during the turn (exit code 3): echo: told to crash\n" })
  t.match(await iris(t, ['start'], { cwd }), { code: 1, stdout: '', stderr: /Another Iris serves the data directory/ })
  t.match(await iris(t, ['doctor'], { cwd }), { code: 0, stdout: new RegExp(`^ok +address: an Iris serves this data directory at ${url}$`, 'm') })

  const created = (await iris(t, ['key', 'create', 'look', '--permission', 'status'], { cwd })).stdout.trim()
  t.match(await iris(t, ['status', '--key', created], { cwd }), { code: 0 }, 'a key made meanwhile is valid at once')
  await iris(t, ['key', 'revoke', 'look'], { cwd })
  t.match(await iris(t, ['status', '--key', created], { cwd }), { code: 1, stderr: /revoked/ }, 'and worthless at once')
  const anew = (await iris(t, ['key', 'rotate', 'admin'], { cwd })).stdout.trim()
  t.match(await iris(t, ['status'], { cwd }), { code: 0 }, 'its own key made anew, the command line goes on with that')
  t.match(await iris(t, ['status', '--key', anew], { cwd }), { code: 0 })
  t.match(await iris(t, ['status', '--key', key], { cwd }), { code: 1, stderr: /revoked/ })
  t.strictSame(await stop(child, 'SIGINT'), [0, null])
})

t.test('a good file is in force at once, a bad one is refused with the reason; SIGHUP reads again', async t => {
  const cwd = directory(t)
  const child = start(t, ['start'], { cwd })
  await saying(child.stdout!, /Try/)
  const file = join(cwd, 'config.yaml')
  const names = async () => (JSON.parse((await iris(t, ['teams', '--json'], { cwd })).stdout) as { teams: { name: string }[] }).teams.map(({ name }) => name)

  let said = saying(child.stderr!, /read again/)
  writeFileSync(file, FILE.replace('web:', 'site:'))
  await said
  t.strictSame(await names(), ['echo', 'site'])

  said = saying(child.stderr!, /stays/)
  writeFileSync(file, FILE.replace('teams:', 'temas:'))
  t.match(await said, /did you mean 'teams'/)
  t.strictSame(await names(), ['echo', 'site'])

  said = saying(child.stderr!, /stays/)
  child.kill('SIGHUP')
  await said
  t.equal(child.exitCode, null)
  t.strictSame(await stop(child), [0, null])
})

t.test('a team that lacks its directory or its agent\'s program is said in the log, at a reload too, and by its status, until both are there', async t => {
  const cwd = directory(t)
  const file = join(cwd, 'config.yaml')
  writeFileSync(file, `${FILE}  gone: { path: ., agent: command, command: ./answer.sh }\n`)
  const child = start(t, ['start'], { cwd })
  const greeted = saying(child.stdout!, /Try/)
  t.match(await saying(child.stderr!, /'gone'/), /"level":40.*The team 'gone' is unavailable: '\.\/answer\.sh' is not found, or is not an executable file/)
  await greeted
  const teams = async () => (JSON.parse((await iris(t, ['teams', '--json'], { cwd })).stdout) as { teams: { name: string, unavailable?: string }[] }).teams
  t.match(await teams(), [{ name: 'echo', unavailable: undefined }, { name: 'web' }, { name: 'gone', unavailable: /is not found/ }])
  t.match((await iris(t, ['teams'], { cwd })).stdout, /gone +unavailable +command/)

  const said = saying(child.stderr!, /'away'/)
  writeFileSync(file, `${FILE}  gone: { path: ., agent: command, command: ./answer.sh }\n  away: { path: away, agent: echo }\n`)
  t.match(await said, /The team 'away' is unavailable: the directory .*away does not exist/)
  t.match(await iris(t, ['tell', 'away', 'hello'], { cwd }), { code: 1, stderr: /Team 'away' is unavailable: the directory/ })

  writeFileSync(join(cwd, 'answer.sh'), '#!/bin/sh\necho here I am\n', { mode: 0o755 })
  mkdirSync(join(cwd, 'away'))
  t.strictSame((await teams()).map(({ unavailable }) => unavailable), [undefined, undefined, undefined, undefined])
  t.match(await iris(t, ['tell', 'gone', 'hello'], { cwd }), { code: 0, stdout: 'here I am\n' })
  t.match(await iris(t, ['tell', 'away', 'hello'], { cwd }), { code: 0, stdout: 'echo: hello\n' })
  t.strictSame(await stop(child), [0, null])
})

interface Answer { jsonrpc: string, id?: unknown, result?: object, error?: { message: string } }

/** MCP over stdio by hand: every byte of stdout must be a line of JSON-RPC. */
function mcp (t: Test, args: string[], cwd: string) {
  const child = start(t, ['mcp', ...args], { cwd })
  const answers = new Map<unknown, (message: Answer) => void>()
  let rest = ''
  let stderr = ''
  child.stderr!.on('data', (part: Buffer) => { stderr += part.toString() })
  child.stdout!.on('data', (part: Buffer) => {
    const lines = (rest + part.toString()).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const message = JSON.parse(line) as Answer
      t.equal(message.jsonrpc, '2.0')
      answers.get(message.id)?.(message)
    }
  })
  const send = (message: object) => { child.stdin!.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n') }
  const ask = async (id: unknown, method: string, params: object = {}) => await new Promise<Answer>(resolve => {
    answers.set(id, resolve)
    send({ id, method, params })
  })
  return {
    child,
    said: () => stderr,
    async open () {
      await ask('open', 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } })
      send({ method: 'notifications/initialized' })
    },
    call: async (id: unknown, name: string, args: object = {}) => await ask(id, 'tools/call', { name, arguments: args }),
    async end () {
      const exit = once(child, 'exit')
      child.stdin!.end()
      const [code] = await exit as [number]
      t.equal(rest, '', 'stdout ends with a whole line')
      return code
    }
  }
}

t.test('a tell whose server is killed, and started again elsewhere, ends with what that one knows', async t => {
  const cwd = directory(t)
  const first = start(t, ['start', '--json'], { cwd })
  first.stderr!.resume()
  await saying(first.stdout!, /^}/m)
  const told = start(t, ['tell', 'echo', '!slow 2 60000 one two'], { cwd })
  const said = text(told.stderr!)
  await saying(told.stdout!, /one/)
  await stop(first, 'SIGKILL')
  const second = start(t, ['start', '--json'], { cwd })
  second.stderr!.resume()
  const [code] = await once(told, 'exit') as [number]
  t.match([code, await said], [1, /^\n?iris: The server died while this tell ran/])
  t.strictSame(await stop(second), [0, null])
})

t.test('a port that another program has is said by the setting that names it', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => { other.close() })
  const { port } = other.address() as AddressInfo
  const { code, stdout, stderr } = await iris(t, ['start', '--port', String(port)], { cwd: directory(t) })
  t.match({ code, stdout, stderr }, { code: 1, stdout: '', stderr: new RegExp(`^iris: The address 127\\.0\\.0\\.1:${port} is taken by another program. Choose another 'settings.httpPort' \\(--port\\)[^\n]*\n$`) })
  t.match(await iris(t, ['start'], { cwd: t.testdir({ 'config.yaml': 'settings: { httpPort: 0, host: 192.0.2.1 }\n' }) }), { code: 1, stderr: /^iris: The address 192\.0\.2\.1:0 cannot be bound: is 'settings\.host'/ })
})

t.test('mcp: the whole server where none runs, speaking as the team in whose directory it was started', async t => {
  const cwd = directory(t)
  const one = mcp(t, ['--config', '../../config.yaml'], join(cwd, 'web/deep'))
  await one.open()
  t.match(await one.call(1, 'team_tell', { toTeam: 'echo', message: 'hi' }), { result: { structuredContent: { from: 'web', response: 'echo: hi' } } })
  t.match(await iris(t, ['tell', 'echo', 'hello'], { cwd }), { code: 0, stdout: 'echo: hello\n' }, 'HTTP included')
  t.equal(await one.end(), 0)
  t.notOk(existsSync(join(cwd, '.iris/server.json')))
})

t.test('mcp: several started at once share one server; when it is killed, another takes its place', async t => {
  const cwd = directory(t)
  const all = Array.from({ length: 3 }, (_, i) => mcp(t, ['--as', `team${i}`], cwd))
  await Promise.all(all.map(async one => { await one.open() }))
  const answers = await Promise.all(all.map(async (one, i) => await one.call(1, 'team_tell', { toTeam: 'echo', message: `from ${i}` })))
  answers.forEach((answer, i) => { t.match(answer, { result: { structuredContent: { from: `team${i}`, response: `echo: from ${i}` } } }) })

  const { pid } = JSON.parse(readFileSync(join(cwd, '.iris/server.json'), 'utf8')) as { pid: number }
  const server = all.find(({ child }) => child.pid === pid)!
  t.ok(server, 'one of them is the server')
  t.equal(all.filter(one => /serves/.test(one.said())).length, 1, 'one only')
  await stop(server.child, 'SIGKILL')

  const others = all.filter(one => one !== server)
  // A connection that was open already may break under the first call; the one after it finds another server.
  const again = await Promise.all(others.map(async one => {
    const answer = await one.call(2, 'team_tell', { toTeam: 'echo', message: 'again' })
    if (answer.error === undefined) return answer
    t.match(answer.error.message, /went away/)
    return await one.call(3, 'team_tell', { toTeam: 'echo', message: 'again' })
  }))
  for (const answer of again) t.match(answer, { result: { structuredContent: { response: 'echo: again' } } })
  for (const one of others) t.equal(await one.end(), 0)
})

t.test('mcp: the whole server goes on with a key that was made anew', async t => {
  const cwd = directory(t)
  const one = mcp(t, [], cwd)
  await one.open()
  t.match(await one.call(1, 'team_list'), { result: { structuredContent: { totalTeams: 2 } } })
  await iris(t, ['key', 'rotate', 'admin'], { cwd })
  t.match(await one.call(2, 'team_list'), { error: { message: /wrong, expired or revoked/ } })
  t.match(await one.call(3, 'team_list'), { result: { structuredContent: { totalTeams: 2 } } }, 'in the session that was opened before')
  t.equal(await one.end(), 0)
})

t.test('mcp: a server without channels is spoken to by HTTP', async t => {
  const { target, got } = await scripted(t, ({ method, message, response }) => {
    if (method === 'GET') response.writeHead(405).end()
    else if (message.id === undefined) response.writeHead(202).end()
    else json(response, result(message.id, { structuredContent: { said: message.method } }))
  })
  const one = mcp(t, ['--url', target.url, '--key', 'k', '--as', 'web'], directory(t))
  await one.open()
  t.match(await one.call(1, 'team_list'), { result: { structuredContent: { said: 'tools/call' } } })
  t.equal(await one.end(), 0)
  t.strictSame(got.map(({ method, message }) => message.method ?? method), ['GET', 'initialize', 'notifications/initialized', 'tools/call'])
  for (const { headers } of got) t.match(headers, { authorization: 'Bearer k', 'iris-as': 'web' })
})

t.test('mcp: SIGTERM ends it in order', async t => {
  const cwd = directory(t)
  const one = mcp(t, [], cwd)
  await one.open()
  t.match(await one.call(1, 'team_wake', { teamName: 'web' }), { result: { structuredContent: { team: 'web' } } })
  t.strictSame(await stop(one.child), [0, null])
  t.notOk(existsSync(join(cwd, '.iris/server.json')))
})
