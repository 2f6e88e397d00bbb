import { claudeEnvironment } from './isolation.ts'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Team } from '../../schemas/config.ts'
import type { Tell } from '../../schemas/tell.ts'
import { said, script, startModelStub } from '../fixtures/model-stub.ts'
import { run } from '../fixtures/running.ts'
import { listen } from '../fixtures/socket-client.ts'
import { scratch } from '../fixtures/wired.ts'
import { CLAUDE, VERSION } from './install.ts'

const skip = existsSync(CLAUDE) || process.env.REQUIRE_REAL_AGENTS === '1' ? false : `Claude Code ${VERSION} is not installed: node dist/test/claude/install.js`

/** A pixel, as a PNG. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** Iris with a team whose agent is the real Claude Code, which reaches nothing but the stub of its model. */
async function lab (t: Test, options: Partial<Team> = {}, env: Record<string, string> = {}) {
  const stub = await startModelStub()
  t.teardown(stub.close)
  const server = await run(t, { teams: { work: { agent: 'claude', command: CLAUDE, model: 'claude-sonnet-4-5', permissions: 'allow', ...options, env: { ...claudeEnvironment(scratch(t), stub.port), ...env } } } })
  const call = async (path: string, body?: object) => {
    const response = await fetch(`${server.url}/api/${path}`, {
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) })
    })
    return { status: response.status, body: await response.json() as Tell & { details: Record<string, unknown>, error: string, message: string } }
  }
  const tell = (message: string, more: object = {}) => call('teams/tell', { toTeam: 'work', fromTeam: 'tester', message, timeout: 0, ...more })
  return { stub, server, call, tell, cwd: server.services.teams.get('work').path }
}

t.setTimeout(300_000)

t.test('A team whose agent is the real Claude Code', { skip, timeout: 300_000 }, async t => {
  t.test('adds to its system prompt, whatever the words are', async t => {
    const { stub, tell } = await lab(t, { systemPrompt: '--model other\nSpeak like a "pirate" $(id)' })
    t.match(await tell('hello'), { status: 200, body: { response: 'stub: hello' } })
    t.match(JSON.stringify(stub.requests[0]!.system), /--model other\\nSpeak like a \\"pirate\\" \$\(id\)/)
    t.equal(stub.requests[0]!.model, 'claude-sonnet-4-5')
  })

  t.test('uses an allowed tool without asking, though the policy denies, and has none that is disallowed', async t => {
    const { stub, tell, cwd } = await lab(t, { permissions: 'deny', allowedTools: ['Bash(touch *)'], disallowedTools: ['Write', 'WebFetch'] })
    await tell(script([{ use: 'Bash', input: { command: `touch ${join(cwd, 'yes')}`, description: 'x' } }, { use: 'Bash', input: { command: `mkdir ${join(cwd, 'no')}`, description: 'x' } }, { say: 'done' }]))
    t.ok(existsSync(join(cwd, 'yes')))
    t.notOk(existsSync(join(cwd, 'no')))
    const names = stub.requests[0]!.tools!.map(({ name }) => name)
    t.ok(names.includes('Bash'))
    for (const name of ['Write', 'WebFetch', 'SendMessage', 'ListAgents']) t.notOk(names.includes(name), name)
  })

  t.test('works in the permission mode that it is given', async t => {
    const { tell, cwd } = await lab(t, { permissions: 'deny', permissionMode: 'acceptEdits' })
    const file = join(cwd, 'made.txt')
    await tell(script([{ use: 'Write', input: { file_path: file, content: 'unasked' } }, { say: 'done' }]))
    t.equal(readFileSync(file, 'utf8'), 'unasked')
  })

  t.test('ends a tell at its limit of turns, and takes the next', async t => {
    const { tell } = await lab(t, { maxTurns: 1 })
    t.match(await tell(script([{ use: 'Bash', input: { command: 'echo 1', description: 'x' } }, { say: 'never' }])), { status: 502, body: { error: 'AgentError', message: /maximum number of turns/, details: { subtype: 'error_max_turns' } } })
    t.match(await tell('next'), { status: 200, body: { response: 'stub: next' } })
  })

  t.test('ends a tell at its budget, and says so', async t => {
    const { tell } = await lab(t, { maxBudgetUsd: 0.0001 })
    t.match(await tell(script([{ use: 'Bash', input: { command: 'echo 1', description: 'x' } }, { say: 'never' }])), { status: 502, body: { message: /limit/, details: { subtype: 'error_max_budget_usd' } } })
  })

  t.test('starts its own MCP servers', async t => {
    const server = join(scratch(t), 'server.mjs')
    const { stub, tell, cwd } = await lab(t, { allowedTools: ['mcp__own'], mcpServers: { own: { command: process.execPath, args: [server, '$(touch hacked)', '--x y', '$' + '{OWN_SECRET}'] } } }, { OWN_SECRET: 'from the environment' })
    writeFileSync(server, `
      import { createInterface } from 'node:readline'
      const say = (id, result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
      createInterface({ input: process.stdin }).on('line', line => {
        const { id, method, params } = JSON.parse(line)
        if (method === 'initialize') say(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'own', version: '1' } })
        else if (method === 'tools/list') say(id, { tools: [{ name: 'words', description: 'x', inputSchema: { type: 'object' } }] })
        else if (method === 'tools/call') say(id, { content: [{ type: 'text', text: process.argv.slice(2).join(' | ') }] })
        else if (id !== undefined) say(id, {})
      })`)
    t.match(await tell(script([{ use: 'mcp__own__words', input: {} }, { say: 'done' }])), { status: 200 })
    t.match(said(stub.requests.at(-1)), '$(touch hacked) | --x y | from the environment')
    t.notOk(existsSync(join(cwd, 'hacked')))
  })

  t.test('shows the images and files of a tell to its model, and their bytes are nowhere in the log', async t => {
    const { stub, server, tell } = await lab(t)
    const attachments = [{ name: 'dot.png', mediaType: 'image/png', data: PIXEL }, { name: 'notes.md', mediaType: 'text/markdown', data: Buffer.from('# Grüße, 世界').toString('base64') }]
    const { status, body } = await tell('Look at this', { attachments })
    t.equal(status, 200)
    const heard = said(stub.requests[0])
    t.match(heard, `"type":"base64","media_type":"image/png","data":"${PIXEL}"`)
    t.match(heard, '# Grüße, 世界')
    t.match(heard, 'Look at this')
    const { entries } = server.services.cache.read(body.sessionId, 0, 100)
    t.notMatch(JSON.stringify(entries), PIXEL)
    t.match(entries.find(({ type }) => type === 'user')?.data, { attachments: [{ name: 'dot.png', bytes: 70 }, { name: 'notes.md' }] })
  })

  t.test('answers in the form that is asked for, tell by tell, with its conversation whole', async t => {
    const { stub, tell } = await lab(t)
    await tell('The word is marmalade.')
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false }
    const client = script([{ say: 'I count.', use: 'StructuredOutput', input: { n: 7 } }, { say: 'over' }])
    t.match(await tell(client, { schema }), { status: 200, body: { structured: { n: 7 }, response: 'I count.' } })
    t.match(said(stub.requests.at(-1)), /marmalade/)
    const { body } = await tell('And now?')
    t.equal(body.response, 'stub: And now?')
    t.notOk('structured' in body)
    t.match(said(stub.requests.at(-1)), /marmalade.*I count/)
  })

  t.test('says which sub-agent says what, and mixes none of it into the answer', async t => {
    const { server, tell } = await lab(t)
    const outer = script([{ use: 'Task', input: { description: 'talks', subagent_type: 'general-purpose', prompt: 'INNER', run_in_background: false } }, { say: 'done' }])
    const inner = script([{ say: 'an aside', use: 'Bash', input: { command: 'echo 1', description: 'x' } }, { say: 'the end of the aside' }])
    const { body } = await tell(outer.replace('"INNER"', JSON.stringify(inner).replaceAll('«', '\\u00ab').replaceAll('»', '\\u00bb')))
    t.equal(body.response, 'done')
    const { entries } = server.services.cache.read(body.sessionId, 0, 100)
    const aside = entries.filter(({ data }) => JSON.stringify(data).includes('"an aside"'))
    t.ok(aside.length > 0)
    const call = entries.find(({ data }) => /"type":"tool_use","id":"[^"]+","name":"(Task|Agent)"/.test(JSON.stringify(data)))
    t.ok(call !== undefined && call.parent === undefined)
    for (const { parent, tellId } of aside) {
      t.match(JSON.stringify(call!.data), `"id":"${parent}"`)
      t.equal(tellId, body.tellId)
    }
  })

  t.test('waits for the limit of its account and then goes on by itself, in order', async t => {
    const { server, stub, call, tell } = await lab(t, {}, { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-dummy' })
    const reset = Math.ceil(Date.now() / 1000) + 8
    const headers = { 'anthropic-ratelimit-unified-status': 'rejected', 'anthropic-ratelimit-unified-reset': String(reset), 'anthropic-ratelimit-unified-representative-claim': 'five_hour' }
    const client = await listen(t, server)
    client.send('cache:subscribe', { sessionId: server.services.sessions.open('tester', 'work').id }, 's')
    await client.event('result', 's')
    const first = tell(script([{ status: 429, times: 1, headers, say: 'at last' }]))
    await client.until(frame => frame.event === 'cache:message' && (frame.data as { message: { data: { subtype?: string } } }).message.data.subtype === 'rate_limited')
    const second = tell('and me')
    const { body: status } = await call('teams/work/status')
    t.match(status, { limitedUntil: reset * 1000, reason: /takes no more until/, sessions: [{ limitedUntil: reset * 1000 }] })
    t.match(server.services.tells.count(), { running: 0 })
    t.match(await first, { status: 200, body: { response: 'at last' } })
    t.ok(Date.now() >= reset * 1000)
    t.match(await second, { status: 200, body: { response: 'stub: and me' } })
    t.match(said(stub.requests.at(-1)), /at last.*and me/)
    t.same(server.errors, [])
  })

  t.test('says at once that its login is missing or refused, and what to do', async t => {
    const refused = await lab(t)
    const began = Date.now()
    t.match(await refused.tell(script([{ status: 401 }])), { status: 502, body: { error: 'AgentError', message: /claude auth login/, details: { reason: 'auth_required', fix: /ANTHROPIC_API_KEY/ } } })
    t.ok(Date.now() - began < 15_000)
    const missing = await lab(t, {}, { ANTHROPIC_API_KEY: '' })
    t.match(await missing.tell('hello'), { status: 502, body: { message: /claude auth login/, details: { reason: 'auth_required' } } })
    const broke = await lab(t)
    t.match(await broke.tell(script([{ status: 400, message: 'Your credit balance is too low to access the Anthropic API.' }])), { status: 502, body: { message: /credit/, details: { reason: 'auth_required' } } })
  })
})
