import t, { type Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { claudeProgram, createClaude } from '../../src/agent/claude.ts'
import type { Ledger } from '../../src/agent/ledger.ts'
import { sweepOwner } from '../../src/agent/sweep.ts'
import { systemClock } from '../../src/clock.ts'
import { createEar, scratch, startOf } from './ear.ts'

/** Start Claude, where the program is a shell script instead. */
async function startScript (t: Test, script: string, ledger?: Ledger) {
  const cwd = scratch(t)
  const command = join(cwd, 'program')
  writeFileSync(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const owner = randomUUID()
  const ear = createEar()
  const giveUp = new AbortController()
  const starting = createClaude({ clock: systemClock, owner, ledger }).start(startOf(cwd, ear, { command, signal: giveUp.signal }))
  return { starting, ear, giveUp, left: () => sweepOwner(owner) }
}

t.test('A conversation is begun by its id and gone on with by its id', async t => {
  const start = { ...startOf('/', createEar()), conversation: 'c', env: { A: 'b' } }
  const fresh = claudeProgram(start)
  t.equal(fresh.command, 'claude')
  t.match(fresh.args.join(' '), /^-p --input-format stream-json .*--disallowedTools SendMessage,ListAgents --session-id c$/)
  t.match(fresh.env, { A: 'b', CLAUDE_CODE_MAX_RETRIES: /^\d+$/ })
  const options = { permissionMode: 'plan', allowedTools: ['Bash(git log *)', 'Edit'], disallowedTools: ['WebFetch'], maxTurns: 3, maxBudgetUsd: 1e-7, systemPrompt: '--dangerously-skip-permissions', mcpServers: { own: { command: '-c' } } } as const
  const { args } = claudeProgram({ ...start, options: options as never })
  t.match(args.join(' '), ' --disallowedTools SendMessage,ListAgents,WebFetch --permission-mode plan --allowedTools Bash(git log *),Edit --max-turns 3 --max-budget-usd 0.0000001 --mcp-config {"mcpServers":{"own":{"command":"-c"}}} --session-id c')
  t.notMatch(args.join(' '), 'dangerously', 'the prompt goes over the pipe')
  const tools = { names: ['team_tell', 'tell_get'], open: () => ({ receive () {}, close () {} }) }
  t.match(claudeProgram({ ...start, tools }).args.join(' '), / --allowedTools mcp__iris__team_tell,mcp__iris__tell_get --session-id c$/)
  const forked = claudeProgram({ ...start, fork: 'other', forkPlace: 'answer' })
  t.match(forked.args.join(' '), / --resume other --fork-session --session-id c --resume-session-at answer$/)
  t.match(claudeProgram({ ...start, fork: 'other', resume: true }).args.join(' '), / --resume c$/, 'one that has begun resumes its own')
  const resumed = claudeProgram({ ...start, resume: true, command: '/opt/claude', model: 'opus', args: ['--max-turns', '3'], env: { CLAUDE_CODE_MAX_RETRIES: '0' } })
  t.equal(resumed.command, '/opt/claude')
  t.match(resumed.args.join(' '), / --resume c --model opus --max-turns 3$/)
  t.match(resumed.env, { CLAUDE_CODE_MAX_RETRIES: '0' })
})

t.test('A program that refuses to begin is ended', async t => {
  // It gives back what it gets, so the first question comes back as one to Iris, and Iris's refusal as the answer.
  const { starting, left } = await startScript(t, 'exec cat')
  await t.rejects(starting, { name: 'AgentError', message: /refused to begin/ })
  t.strictSame(await left(), [])
})

t.test('The last words before the end count, even without an end of line', async t => {
  const { starting } = await startScript(t, 'printf \'{"type":"result","is_error":true,"errors":["No conversation found with session ID: c"]}\'; exit 1')
  await t.rejects(starting, { name: 'AgentError', message: /exit code 1 .*No conversation found/, details: { exitCode: 1, conversation: 'unknown' } })
})

t.test('A program that ends with the word that it is ready is not ready', async t => {
  const { starting } = await startScript(t, `read -r line
    id=\${line#*'"request_id":"'}
    printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s"}}' "\${id%%'"'*}"
    exit 3`)
  await t.rejects(starting, { name: 'AgentError', message: /exit code 3 before it was ready/ })
})

t.test('A program that cannot be put on record, as on a full disk, fails its start alone', async t => {
  const { starting, left } = await startScript(t, 'exec sleep 100', { add () { throw new Error('database or disk is full') }, remove () {} })
  await t.rejects(starting, { name: 'AgentError', message: /could not be put on record/ })
  t.strictSame(await left(), [])
})

t.test('A program that is killed before it is ready is named with its signal', async t => {
  const { starting } = await startScript(t, 'echo "out of memory" >&2; kill -KILL $$')
  await t.rejects(starting, { name: 'AgentError', message: /by SIGKILL .*out of memory/, details: { exitCode: null, signal: 'SIGKILL', stderr: 'out of memory\n' } })
})

t.test('A program that is never ready is ended when it is given up', async t => {
  const { starting, ear, giveUp, left } = await startScript(t, 'echo Welcome; exec sleep 1000')
  await ear.until('activity')
  giveUp.abort(new Error('not ready within 1 ms'))
  await t.rejects(starting, { name: 'AgentError', message: /given up: not ready within 1 ms/ })
  t.strictSame(await left(), [])
})
