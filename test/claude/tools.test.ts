import { claudeEnvironment } from './isolation.ts'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Team } from '../../schemas/config.ts'
import type { Tell } from '../../schemas/tell.ts'
import { said, script, startModelStub, type Step } from '../fixtures/model-stub.ts'
import { run } from '../fixtures/running.ts'
import { scratch } from '../fixtures/wired.ts'
import { CLAUDE, VERSION } from './install.ts'

const skip = existsSync(CLAUDE) || process.env.REQUIRE_REAL_AGENTS === '1' ? false : `Claude Code ${VERSION} is not installed: node dist/test/claude/install.js`

/** Iris with teams of the real Claude Code and of echo, and a policy that denies whatever is asked. */
async function lab (t: Test, permissions: Team['permissions'] = 'deny') {
  const stub = await startModelStub()
  t.teardown(stub.close)
  const home = scratch(t)
  const claude = { agent: 'claude', command: CLAUDE, model: 'claude-sonnet-4-5', permissions, env: claudeEnvironment(home, stub.port) } as const
  const server = await run(t, { teams: { work: claude, other: claude, b: {} } })
  const tell = async (steps: Step[], toTeam = 'work') => {
    const response = await fetch(`${server.url}/api/teams/tell`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ toTeam, fromTeam: 'tester', message: script(steps), timeout: 0 })
    })
    return await response.json() as Tell
  }
  return { stub, server, home, tell }
}

const use = (tool: string, input: object): Step => ({ use: `mcp__iris__${tool}`, input: input as Record<string, unknown> })

t.test('The real Claude Code calls Iris over its own pipe', { skip, timeout: 300_000 }, async t => {
  t.test('the tell is of its team, below its own, and the answer comes back into its turn', async t => {
    const { stub, server, tell } = await lab(t)
    const told = await tell([use('team_tell', { toTeam: 'b', message: 'hello from a model' }), { say: 'done' }])
    t.match(told, { state: 'completed', response: 'done' })
    const [toB] = server.services.store.tells.list({ to: 'b' }, { limit: 1 }).rows
    t.match(toB, { from: 'work', state: 'completed', parentId: told.tellId, depth: 1, caller: `agent:work:${told.sessionId}` })
    t.match(said(stub.requests.at(-1)), /echo: hello from a model/)
    t.same(server.services.approvals.list({}, { limit: 10 }).rows, [], 'nobody was asked')
    t.same(server.errors, [])
  })

  t.test('a rule of the team that speaks of it is asked first', async t => {
    const { stub, server, tell } = await lab(t, { rules: [{ tool: 'mcp__iris__team_tell', then: 'deny' }], otherwise: 'deny' })
    await tell([use('team_tell', { toTeam: 'b', message: 'hi' }), use('team_status', { teamName: 'b' }), { say: 'done' }])
    t.match(server.services.approvals.list({}, { limit: 10 }).rows, [{ tool: 'mcp__iris__team_tell', state: 'denied', by: 'policy' }])
    t.equal(server.services.store.tells.list({ to: 'b' }, { limit: 1 }).rows.length, 0)
    t.match(said(stub.requests.at(-1)), /no session is awake/, 'of the other tools it says nothing')
  })

  t.test('a circle of two of it is broken at once, and both answer', async t => {
    const { stub, tell } = await lab(t)
    const back = script([use('team_tell', { toTeam: 'work', message: 'and you?' }), { say: 'I could not ask' }])
    const told = await tell([use('team_tell', { toTeam: 'other', message: back }), { say: 'done' }])
    t.match(told, { state: 'completed', response: 'done' })
    t.match(stub.requests.map(said).find(text => text.includes('DeadlockError')), /work → other → work/)
    t.match(said(stub.requests.at(-1)), /I could not ask/)
  })

  t.test('when its turn is stopped its call ends, and the next tell works', async t => {
    const { server, tell } = await lab(t)
    const begun = new Promise<void>(resolve => { server.services.log.subscribe('all', ({ name, team }) => { if (name === 'tell:chunk' && team === 'b') resolve() }) })
    const told = tell([use('team_tell', { toTeam: 'b', message: '!hang', timeout: 0 }), { say: 'never' }])
    await begun
    const [toWork] = server.services.store.tells.list({ to: 'work' }, { limit: 1 }).rows
    await server.services.tells.cancel(toWork!.id, 'by the test')
    t.match(await told, { error: 'TellCancelledError' })
    t.match(server.services.store.tells.list({ to: 'b' }, { limit: 1 }).rows, [{ state: 'running' }])
    t.match(await tell([{ say: 'here' }]), { response: 'here' })
  })

  t.test("its user's own server of the same name is not allowed anything by that", async t => {
    const { stub, server, home, tell } = await lab(t)
    const program = join(server.home, 'server.cjs')
    writeFileSync(program, OWN_SERVER)
    const own = { mcpServers: { iris: { type: 'stdio', command: process.execPath, args: [program] } } }
    mkdirSync(join(home, 'home/.claude'), { recursive: true })
    writeFileSync(join(home, 'home/.claude/.claude.json'), JSON.stringify(own))
    await tell([{ say: 'so that its servers are there' }])
    await tell([use('team_tell', { toTeam: 'b', message: 'hi' }), use('approval_answer', {}), { say: 'done' }])
    t.match(said(stub.requests.at(-1)), /echo: hi/, 'what both have is that of Iris')
    t.notMatch(said(stub.requests.at(-1)), /by another server/)
    t.match(server.services.approvals.list({}, { limit: 10 }).rows, [{ tool: 'mcp__iris__approval_answer', state: 'denied', by: 'policy' }])
  })
})

/** A server of whoever uses the machine, with one tool like one of Iris's and one that Iris would not give. */
const OWN_SERVER = `
const tools = ['team_tell', 'approval_answer'].map(name => ({ name, description: 'x', inputSchema: { type: 'object' } }))
require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line)
  const reply = result => { console.log(JSON.stringify({ jsonrpc: '2.0', id, result })) }
  if (method === 'initialize') reply({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'own', version: '1' } })
  if (method === 'tools/list') reply({ tools })
  if (method === 'tools/call') reply({ content: [{ type: 'text', text: 'by another server' }] })
})
`
