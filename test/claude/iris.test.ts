import { claudeEnvironment } from './isolation.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Tell } from '../../schemas/tell.ts'
import { applyChunks, type Chunk } from '../../src/answer.ts'
import { said, script, startModelStub } from '../fixtures/model-stub.ts'
import { run } from '../fixtures/running.ts'
import { listen } from '../fixtures/socket-client.ts'
import { scratch } from '../fixtures/wired.ts'
import { CLAUDE, VERSION } from './install.ts'

const skip = existsSync(CLAUDE) || process.env.REQUIRE_REAL_AGENTS === '1' ? false : `Claude Code ${VERSION} is not installed: node dist/test/claude/install.js`

/** Iris with a team whose agent is the real Claude Code, which reaches nothing but the stub of its model. */
async function lab (t: Test, permissions: 'allow' | 'deny' = 'deny') {
  const stub = await startModelStub()
  t.teardown(stub.close)
  const server = await run(t, { teams: { work: { agent: 'claude', command: CLAUDE, model: 'claude-sonnet-4-5', env: claudeEnvironment(scratch(t), stub.port), permissions } } })
  const tell = async (message: string) => {
    const response = await fetch(`${server.url}/api/teams/tell`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ toTeam: 'work', fromTeam: 'tester', message, timeout: 0 })
    })
    return { status: response.status, body: await response.json() as Tell & { details: Record<string, unknown>, error: string } }
  }
  return { stub, server, tell, cwd: server.services.teams.get('work').path }
}

t.test('Iris with the real Claude Code', { skip }, async t => {
  t.test('tells, streams chunks that make the answer, and counts what it cost', async t => {
    const { server, tell } = await lab(t)
    const client = await listen(t, server)
    const text = 'Grüße, 世界 \u{1F30D}, and the rest of a longer answer'
    client.send('tell:start', { toTeam: 'work', fromTeam: 'tester', message: script([{ say: text, chunks: 12, pause: 60 }]) }, 'a')
    const complete = await client.event('tell:complete', 'a')
    t.equal(complete.data.response, text)
    const chunks = client.frames.filter(({ event, id }) => event === 'tell:chunk' && id === 'a').map(({ data }) => data as unknown as Chunk)
    t.ok(chunks.length > 3, `${chunks.length} chunks`)
    t.equal(applyChunks(chunks), text)
    const first = complete.data.usage as { inputTokens: number, outputTokens: number, costUsd: number }
    t.ok(first.inputTokens > 0 && first.outputTokens > 0 && first.costUsd > 0)

    const second = await tell(script([{ say: text }]))
    t.equal(second.status, 200)
    const ratio = second.body.usage!.costUsd! / first.costUsd
    t.ok(ratio > 0.5 && ratio < 1.5, `the cost is of one tell, not the sum: ${ratio}`)
  })

  t.test('runs a real tool call that writes a file, where the policy allows it, and not where it denies', async t => {
    for (const policy of ['allow', 'deny'] as const) {
      const { server, tell, cwd } = await lab(t, policy)
      const file = join(cwd, 'made.txt')
      const { status, body } = await tell(script([{ use: 'Write', input: { file_path: file, content: 'by the real one' } }, { say: 'done' }]))
      t.equal(status, 200)
      t.equal(body.response, 'done')
      t.equal(existsSync(file) && readFileSync(file, 'utf8'), policy === 'allow' && 'by the real one')
      const entries = server.services.cache.read(body.sessionId, 0, 100).entries
      t.match(entries.find(({ type }) => type === 'permission'), { tellId: body.tellId, data: { tool: 'Write', decision: policy } })
      t.ok(entries.some(({ type }) => type === 'tool'), 'the result of the tool is in the cache')
    }
  })

  t.test('cancels a running turn, and the next tell works in the same process', async t => {
    const { server, tell } = await lab(t)
    const client = await listen(t, server)
    client.send('tell:start', { toTeam: 'work', fromTeam: 'tester', message: script([{ say: 'a long answer that goes on and on', chunks: 30, pause: 200 }]) }, 'c')
    const { data: { tellId, sessionId } } = await client.event('tell:chunk', 'c')
    const { pid } = server.services.pool.state(server.services.sessions.get(sessionId as string))
    client.send('tell:cancel', { tellId }, 'x')
    t.match((await client.event('result', 'x')).data, { state: 'cancelled', cancelled: true })
    t.match((await client.event('tell:error', 'c')).data, { state: 'cancelled' })
    t.match(await tell(script([{ say: 'and on' }])), { status: 200, body: { response: 'and on' } })
    t.equal(server.services.pool.state(server.services.sessions.get(sessionId as string)).pid, pid)
  })

  t.test('fails the tell of a killed process within a second, and goes on with the conversation intact', async t => {
    const { stub, server, tell } = await lab(t)
    t.match(await tell('The word is marmalade.'), { status: 200 })
    const client = await listen(t, server)
    client.send('tell:start', { toTeam: 'work', fromTeam: 'tester', message: script([{ say: 'never to be finished', chunks: 20, pause: 300 }]) }, 'k')
    const { data: { sessionId } } = await client.event('tell:chunk', 'k')
    const { pid } = server.services.pool.state(server.services.sessions.get(sessionId as string))
    const killed = Date.now()
    process.kill(pid!, 'SIGKILL')
    const { data } = await client.event('tell:error', 'k')
    t.ok(Date.now() - killed < 1000, 'within a second')
    t.match(data, { state: 'failed', error: { error: 'AgentError', details: { exitCode: null, signal: 'SIGKILL' } } })

    const next = await tell('What was the word?')
    t.match(next, { status: 200, body: { sessionId } })
    t.match(said(stub.requests.at(-1)), /marmalade/, 'the model hears what was said before')
    t.not(server.services.pool.state(server.services.sessions.get(sessionId as string)).pid, pid)
  })

  t.test('an error of the model service is an error', async t => {
    const { tell } = await lab(t)
    t.match(await tell(script([{ status: 400, message: 'no such thing' }])), { status: 502, body: { error: 'AgentError', message: /no such thing/ } })
    t.match(await tell(script([{ say: 'better' }])), { status: 200, body: { response: 'better' } })
  })

  t.test('a text that begins with a slash is a text', async t => {
    const { stub, tell } = await lab(t)
    await tell('Remember: plum.')
    t.match(await tell('/clear'), { status: 200 })
    await tell('And?')
    t.match(said(stub.requests.at(-1)), /plum/, 'the conversation was not cleared')
  })
})
