import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { applyChunks, type Chunk } from '../src/answer.ts'
import { peer } from './agent/acp-lab.ts'
import { run } from './fixtures/running.ts'
import { listen } from './fixtures/socket-client.ts'
import { scratch } from './fixtures/wired.ts'

t.test('a team whose agent speaks ACP is told, asks, is cancelled, sleeps, wakes, is forked and dies like any other', async t => {
  const server = await run(t, {
    teams: {
      work: {
        agent: 'acp',
        command: process.execPath,
        args: [peer],
        env: { PEER_HOME: scratch(t) },
        permissions: { rules: [{ tool: 'Write', path: 'ok/**', then: 'allow' }], otherwise: 'ask' }
      }
    }
  })
  const client = await listen(t, server)
  client.send('approval:subscribe', { team: '*' }, 's')
  await client.event('result', 's')
  const rest = async (method: string, path: string, body: object = {}) => {
    const response = await fetch(`${server.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: JSON.stringify(body) })
    })
    return { status: response.status, body: await response.json() as Record<string, unknown> }
  }
  const tell = (message: string, fromTeam = 'tester') => rest('POST', '/teams/tell', { toTeam: 'work', fromTeam, message, timeout: 0 })
  const project = join(server.home, 'project')
  mkdirSync(join(project, 'ok'))

  client.send('tell:start', { toTeam: 'work', fromTeam: 'tester', message: '!blocks' }, 'b')
  const { data: { sessionId } } = await client.event('tell:complete', 'b')
  const chunks = client.frames.filter(({ event, id }) => event === 'tell:chunk' && id === 'b').map(({ data }) => data as unknown as Chunk)
  t.equal(applyChunks(chunks), 'echo: first\n\necho: second\n\necho: third')

  t.match(await tell('!ask Write {"file_path":"ok/a.txt","content":"x"}'), { body: { response: 'echo: once' } }, 'a rule knows the agent\'s tools and paths')
  t.ok(existsSync(join(project, 'ok/a.txt')))
  const asked = tell('!ask Write {"file_path":"b.txt","content":"by a person"}')
  const { data: { approvalId } } = await client.event('approval:requested')
  t.match(await rest('POST', `/approvals/${String(approvalId)}`, { decision: 'allow', input: { file_path: 'c.txt' } }), { status: 400, body: { message: /no other 'input'/ } })
  t.notOk(existsSync(join(project, 'b.txt')))
  await rest('POST', `/approvals/${String(approvalId)}`, { decision: 'allow' })
  t.match(await asked, { body: { response: 'echo: once', usage: { outputTokens: 2 } } })
  t.equal(readFileSync(join(project, 'b.txt'), 'utf8'), 'by a person')

  client.send('tell:start', { toTeam: 'work', fromTeam: 'tester', message: '!hang' }, 'h')
  const { data: { tellId } } = await client.event('tell:chunk', 'h')
  await rest('POST', `/tells/${String(tellId)}/cancel`)
  t.match((await client.event('tell:error', 'h')).data, { state: 'cancelled', response: 'echo: and' })

  await rest('POST', '/teams/work/sleep')
  t.match(await tell('!history'), { body: { sessionId, response: 'echo: 4 before, the last: !hang' } }, 'it wakes with its memory')
  t.match(await rest('POST', `/sessions/${String(sessionId)}/fork`, { as: 'second' }), { status: 200 })
  t.match(await tell('!history', 'second'), { body: { response: 'echo: 5 before, the last: !history' } }, 'so does its fork')

  t.match(await tell('!crash 3'), { status: 502, body: { error: 'AgentError', details: { exitCode: 3 } } })
  t.match(await tell('!error -32000 Authentication required'), { status: 502, body: { message: /not logged in .*Log in/, details: { reason: 'auth_required' } } })
  t.match(await tell('and on'), { body: { response: 'echo: and on' } })
  t.same(server.errors, [])
})
