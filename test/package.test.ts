import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { root } from './fixtures/root.ts'
import { scratch } from './fixtures/wired.ts'

const { dependencies, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string>, version: string }

/** A folder in which the package is installed as it is published, with the packages that it says it needs and no other. */
function install (t: Test): { cwd: string, program: string } {
  const cwd = scratch(t)
  const modules = join(cwd, 'node_modules')
  mkdirSync(modules)
  const name = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', cwd], { cwd: root, encoding: 'utf8' }).trim()
  execFileSync('tar', ['-xzf', join(cwd, name), '-C', modules])
  for (const one of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, one)), { recursive: true })
    symlinkSync(join(root, 'node_modules', one), join(modules, one))
  }
  return { cwd, program: join(modules, 'package/dist/bin/iris.js') }
}

t.test('the package as it is published has what it needs: each way in answers', async t => {
  const { cwd, program } = install(t)
  const env = { PATH: process.env.PATH, HOME: cwd }
  const iris = (...words: string[]) => execFileSync(process.execPath, [program, ...words], { cwd, env, encoding: 'utf8' })
  t.equal(iris('--version').trim(), version)
  iris('init')
  const child = spawn(process.execPath, [program, 'start', '--json', '--port', '0'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    child.kill()
    await once(child, 'exit')
  })
  const [said] = await once(child.stdout, 'data') as [Buffer]
  const { url, key } = JSON.parse(said.toString()) as { url: string, key: string }

  async function ask (path: string, body?: object, headers = {}): Promise<string> {
    const answer = await fetch(url + path, {
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) })
    })
    const text = await answer.text()
    t.equal(answer.status, 200, `${path}: ${text.slice(0, 200)}`)
    return text
  }
  for (const path of ['/', '/app/page/main.js', '/graphiql', '/app/graphiql/graphiql.min.js', '/docs', '/docs/static/swagger-ui-bundle.js', '/docs/events', '/asyncapi.json', '/metrics', '/health/ready']) await ask(path)
  t.match(JSON.parse(await ask('/openapi.json')), { openapi: '3.1.0' })
  t.match(JSON.parse(await ask('/graphql', { query: '{ team_list { totalTeams } }' })), { data: { team_list: { totalTeams: 1 } } })
  const clientInfo = { name: 'test', version: '1' }
  t.match(await ask('/mcp', { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } }, { accept: 'application/json, text/event-stream' }), /"serverInfo"/)
  t.match(iris('tell', 'echo', 'Hello'), /echo: Hello/)
  t.match(iris('doctor'), /agent echo comes with Iris, starts/)
})

t.test('what is bundled is said, with its licence, and what is not is a dependency or lies beside it', async t => {
  const bin = join(root, 'dist/bin')
  const notices = readFileSync(join(bin, 'LICENSES'), 'utf8')
  for (const name of ['fastify', '@sinclair/typebox', 'yaml']) t.match(notices, new RegExp(`^${name} \\d`, 'm'))
  const text = readdirSync(bin).filter(name => name.endsWith('.js')).map(name => readFileSync(join(bin, name), 'utf8')).join('\n')
  const imported = [...text.matchAll(/^(?:import|\}) .*from "([^".][^"]*)";$|\bimport\("([^".][^"]*)"\)/gm)].map(([, whole, later]) => whole ?? later!).filter(name => !name.startsWith('node:'))
  t.ok(imported.includes('better-sqlite3') && imported.includes('@agentclientprotocol/sdk'))
  const started = [...text.matchAll(/new URL\("(\.\/[^"]+)", import\.meta\.url\)/g)].map(([, path]) => path!)
  t.ok(started.includes('./echo-program.js'))
  for (const path of started) t.ok(existsSync(join(bin, path)), `${path} is a program of its own, beside what starts it`)
  for (const name of imported) t.ok(name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/') in dependencies, name)
})
