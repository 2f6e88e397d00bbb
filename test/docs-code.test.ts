import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Kind } from '../src/agent/agent.ts'
import { openApiDocument } from '../src/app.ts'
import { systemClock } from '../src/clock.ts'
import type { Tool } from '../src/tool.ts'
import { tools } from '../src/tools/index.ts'
import { peer } from './agent/acp-lab.ts'
import { living } from './agent/ear.ts'
import { compile } from './docs/compile.ts'
import { readSnippets } from './docs/snippets.ts'
import { root } from './fixtures/root.ts'
import { run } from './fixtures/running.ts'
import { transports } from './fixtures/transports.ts'
import { scratch } from './fixtures/wired.ts'

/** What a page has one write into a clone of Iris, by its file. */
function written (page: string): Record<string, string> {
  const snippets = readSnippets(page, readFileSync(join(root, page), 'utf8'))
  return Object.fromEntries(snippets.filter(({ language }) => language === 'ts').map(({ file, text }) => [file!, text]))
}

t.test('the tool of docs/add-a-tool.md compiles, is short, and is on every transport and in OpenAPI', async t => {
  const files = written('docs/add-a-tool.md')
  const { sessionCount } = (await compile(scratch(t), files))['src/tools/session-count.ts'] as { sessionCount: Tool }
  t.ok(files['src/tools/session-count.ts']!.split('\n').length <= 25)
  const all = [...tools, sessionCount]
  t.match(await openApiDocument(all), { paths: { '/api/teams/{teamName}/sessions/count': { get: { operationId: 'session_count' } } } })

  const server = await run(t, { tools: all })
  await fetch(`${server.url}/api/teams/echo/wake`, { method: 'POST', headers: { authorization: `Bearer ${server.key}` } })
  const weak = server.makeKey({ permissions: ['tell'] })
  for (const [name, connect] of Object.entries(transports)) {
    const connection = await connect(server.url, server.key, all)
    t.match(await connection.call('session_count', { teamName: 'echo' }), { ok: true, body: { team: 'echo', total: 1, awake: 1 } }, name)
    t.match(await connection.call('session_count', { teamName: 'nobody' }), { ok: false, body: { error: 'TeamNotFoundError' } }, name)
    await connection.close()
    const other = await connect(server.url, weak, all)
    t.match(await other.call('session_count', { teamName: 'echo' }), { ok: false, body: { error: 'ForbiddenError' } }, name)
    await other.close()
  }
})

t.test('the kind of agent of docs/add-an-agent.md compiles, with its suite, and answers', async t => {
  const cwd = scratch(t)
  const { myAgent } = (await compile(cwd, written('docs/add-an-agent.md')))['src/agent/my-agent.ts'] as { myAgent: Kind }
  const agent = myAgent.create({ clock: systemClock, owner: randomUUID(), home: join(cwd, 'kept') })
  const { tell } = await living(t, agent, cwd, { command: process.execPath, args: [peer], env: { PATH: process.env.PATH ?? '', PEER_HOME: join(cwd, 'peer') } })
  t.strictSame((await tell('hello')).answer, ['echo: hello'])
})

t.test('code that does not compile is found', async t => {
  await t.rejects(compile(scratch(t), { 'src/wrong.ts': 'export const one: number = "one"\n' }), /not assignable/)
})
