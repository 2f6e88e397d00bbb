import { claudeEnvironment } from './isolation.ts'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Team } from '../../schemas/config.ts'
import type { Tell } from '../../schemas/tell.ts'
import { applyChunks, type Chunk } from '../../src/answer.ts'
import { said, script, startModelStub } from '../fixtures/model-stub.ts'
import { never, run } from '../fixtures/running.ts'
import { listen } from '../fixtures/socket-client.ts'
import { scratch } from '../fixtures/wired.ts'
import { CLAUDE, VERSION } from './install.ts'

const skip = existsSync(CLAUDE) || process.env.REQUIRE_REAL_AGENTS === '1' ? false : `Claude Code ${VERSION} is not installed: node dist/test/claude/install.js`

/** Iris with a team whose agent is the real Claude Code, which reaches nothing but the stub of its model. */
async function lab (t: Test, permissions: Team['permissions'] = 'deny', settings: object = {}) {
  const stub = await startModelStub()
  t.teardown(stub.close)
  const server = await run(t, { settings, teams: { work: { agent: 'claude', command: CLAUDE, model: 'claude-sonnet-4-5', env: claudeEnvironment(scratch(t), stub.port), permissions } } })
  const tell = async (message: string) => {
    const response = await fetch(`${server.url}/api/teams/tell`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ toTeam: 'work', fromTeam: 'tester', message, timeout: 0 })
    })
    return { status: response.status, body: await response.json() as Tell & { details: Record<string, unknown>, error: string } }
  }
  const decide = async (approvalId: string, how: object) => {
    const response = await fetch(`${server.url}/api/approvals/${approvalId}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(how)
    })
    return response.status
  }
  return { stub, server, tell, decide, cwd: server.services.teams.get('work').path }
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

  t.test('asks people, over REST and WebSocket: the file is written as they decide', async t => {
    const { server, tell, decide, cwd } = await lab(t, 'ask')
    const client = await listen(t, server)
    client.send('approval:subscribe', { team: 'work' }, 's')
    await client.event('result', 's')
    const write = (name: string) => tell(script([{ use: 'Write', input: { file_path: join(cwd, name), content: 'asked' } }, { say: 'done' }]))
    const requested = async (name: string) => {
      const { data } = await client.until(({ event, data }) => event === 'approval:requested' && (data.input as Record<string, unknown>).file_path === join(cwd, name))
      t.match(server.services.pool.state(server.services.sessions.get(data.sessionId as string)), { state: 'waiting' })
      t.notOk(existsSync(join(cwd, name)), 'not before it is decided')
      return data.approvalId as string
    }
    const content = (name: string) => existsSync(join(cwd, name)) && readFileSync(join(cwd, name), 'utf8')

    const denied = write('denied.txt')
    t.equal(await decide(await requested('denied.txt'), { decision: 'deny', reason: 'not this one' }), 200)
    t.match(await denied, { status: 200, body: { response: 'done' } })
    t.equal(content('denied.txt'), false)

    const allowed = write('allowed.txt')
    client.send('approval_answer', { approvalId: await requested('allowed.txt'), decision: 'allow' }, 'a')
    t.match((await client.event('result', 'a')).data, { state: 'allowed', by: 'key:admin' })
    t.match(await allowed, { status: 200, body: { response: 'done' } })
    t.equal(content('allowed.txt'), 'asked')

    const edited = write('edited.txt')
    t.equal(await decide(await requested('edited.txt'), { decision: 'allow_session', input: { file_path: join(cwd, 'other.txt'), content: 'edited' } }), 200)
    await edited
    t.equal(content('edited.txt'), false)
    t.equal(content('other.txt'), 'edited')

    await write('later.txt')
    t.equal(content('later.txt'), 'asked', 'not asked about any more in this session')
    t.match(server.services.approvals.list({}, { limit: 1 }).rows[0], { state: 'allowed', by: 'policy', rule: /^allow_session/ })
  })

  t.test('a rule writes or not without a person, and where nobody decides the deadline denies', async t => {
    const rules = [{ tool: 'Write', path: 'src/**', then: 'allow' as const }, { tool: 'Bash', command: 'touch by-bash', then: 'allow' as const }]
    const { server, tell, cwd } = await lab(t, { rules, otherwise: 'ask' }, { approvalTimeout: 300 })
    mkdirSync(join(server.home, 'elsewhere'))
    mkdirSync(join(cwd, 'src'))
    symlinkSync(join(server.home, 'elsewhere'), join(cwd, 'src/link'))
    const use = (tool: string, input: Record<string, unknown>) => tell(script([{ use: tool, input }, { say: 'done' }]))
    const last = () => server.services.approvals.list({}, { limit: 1 }).rows[0]!
    await use('Write', { file_path: join(cwd, 'src/a.txt'), content: 'x' })
    t.ok(existsSync(join(cwd, 'src/a.txt')))
    t.match(last(), { state: 'allowed', by: 'policy', rule: 'rule 1: Write src/**: allow' })
    await use('Bash', { command: 'touch by-bash', description: 'a rule allows it' })
    t.ok(existsSync(join(cwd, 'by-bash')))
    for (const path of [join(cwd, 'b.txt'), join(cwd, 'src/link/b.txt'), join(cwd, 'src/../c.txt')]) {
      t.match(await use('Write', { file_path: path, content: 'x' }), { status: 200, body: { response: 'done' } })
      t.notOk(existsSync(path), path)
      t.match(last(), { tool: 'Write', state: 'expired', by: 'deadline' })
    }
    await use('Bash', { command: 'touch by-bash; touch chained' })
    t.notOk(existsSync(join(cwd, 'chained')))
    t.match(last(), { tool: 'Bash', state: 'expired', by: 'deadline' })
  })

  t.test('a sub-agent asks as the agent does', async t => {
    const { server, tell, decide, cwd } = await lab(t, { rules: [{ tool: 'Task', then: 'allow' }, { tool: 'Agent', then: 'allow' }], otherwise: 'ask' })
    const client = await listen(t, server)
    client.send('approval:subscribe', { team: 'work' }, 's')
    const file = join(cwd, 'sub.txt')
    // The marks of the inner script are escaped in the outer one.
    const inner = script([{ use: 'Write', input: { file_path: file, content: 'by the sub-agent' } }, { say: 'written' }])
    const outer = script([{ use: 'Task', input: { description: 'writes', subagent_type: 'general-purpose', prompt: 'INNER' } }, { say: 'done' }])
    const told = tell(outer.replace('"INNER"', JSON.stringify(inner).replaceAll('«', '\\u00ab').replaceAll('»', '\\u00bb')))
    const { data } = await client.event('approval:requested')
    client.send('cache:subscribe', { sessionId: data.sessionId }, 'c')
    await client.event('result', 'c')
    t.match(data, { tool: 'Write', input: { file_path: file } })
    t.notOk(existsSync(file))
    t.equal(await decide(data.approvalId as string, { decision: 'allow' }), 200)
    const { body } = await told
    t.equal(data.tellId, body.tellId, 'it belongs to the tell')
    t.equal(body.response, 'done')
    await client.until(({ event }) => event === 'cache:message' && existsSync(file)) // it works in the background
    t.equal(readFileSync(file, 'utf8'), 'by the sub-agent')
  })

  t.test('cancelled while it asks, nothing stays open or is written, and the next tell works', async t => {
    const { server, tell, cwd } = await lab(t, 'ask')
    const client = await listen(t, server)
    client.send('approval:subscribe', { team: '*' }, 's')
    const file = join(cwd, 'never.txt')
    const told = tell(script([{ use: 'Write', input: { file_path: file, content: 'x' } }, { say: 'done' }]))
    const { data } = await client.event('approval:requested')
    await server.services.tells.cancel(data.tellId as string, 'by the test')
    t.match((await client.event('approval:resolved')).data, { approvalId: data.approvalId, state: 'expired', by: 'end', reason: /by the test/ })
    t.match(await told, { status: 409 })
    t.notOk(existsSync(file))
    t.match(await tell(script([{ say: 'and on' }])), { status: 200, body: { response: 'and on' } })
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

  t.test('a fork hears what was said before it and nothing of what came after, and the source nothing of the fork', async t => {
    const { stub, server, tell } = await lab(t)
    const { services } = server
    const { body: { sessionId } } = await tell('The first word is marmalade.')
    const response = await fetch(`${server.url}/api/sessions/${sessionId}/fork`, { method: 'POST', headers: { authorization: `Bearer ${server.key}` } })
    t.equal(response.status, 200)
    t.match(await response.json(), { session: { from: 'tester-fork-1', to: 'work', forkedFrom: sessionId } })
    await tell('The second word is parsley.')

    const ask = async (message: string) => {
      const { tellId } = await services.tells.start({ from: 'tester-fork-1', to: 'work', message, caller: 'admin' })
      await services.tells.wait(tellId, 0, never)
      const { state, sessionId } = services.tells.get(tellId)
      t.equal(state, 'completed')
      return { sessionId, heard: said(stub.requests.at(-1)) }
    }
    const first = await ask('Which words? And mine is quince.')
    t.match(first.heard, /marmalade/)
    t.match(first.heard, /stub: The first word/, 'the answer too')
    t.notMatch(first.heard, /parsley/)
    await services.pool.sleep(first.sessionId, 'by the test')
    const { heard } = await ask('And now?')
    t.match(heard, /marmalade.*quince/, 'it resumes its own conversation')
    t.notMatch(heard, /parsley/)

    await services.pool.sleep(sessionId, 'by the test')
    await tell('And the source?')
    t.match(said(stub.requests.at(-1)), /marmalade.*parsley/)
    t.notMatch(said(stub.requests.at(-1)), /quince/)
    t.same(server.errors, [])
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
