import { claudeEnvironment } from './isolation.ts'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Tell } from '../../schemas/tell.ts'
import { said, script, startModelStub } from '../fixtures/model-stub.ts'
import { ask as call, startProcess, type ServerProcess } from '../fixtures/process.ts'
import { scratch } from '../fixtures/wired.ts'
import { CLAUDE, PINNED, VERSION } from './install.ts'

const skip = existsSync(CLAUDE) || process.env.REQUIRE_REAL_AGENTS === '1' ? (!PINNED && 'older versions write their transcript later') : `Claude Code ${VERSION} is not installed: node dist/test/claude/install.js`

const ask = async (server: ServerProcess, path: string, body?: object) => (await call<Tell>(server, path, body)).body

async function until<T> (look: () => T | Promise<T>, wanted: (seen: T) => boolean) {
  for (;;) {
    const seen = await look()
    if (wanted(seen)) return seen
    await new Promise(resolve => { setImmediate(resolve) })
  }
}

t.test('kill -9 of the server while the real Claude Code works: what it finished is answered, what it began is lost, nothing is left', { skip, timeout: 240_000 }, async t => {
  const stub = await startModelStub()
  t.teardown(stub.close)
  const home = scratch(t)
  const env = claudeEnvironment(scratch(t), stub.port)
  const start = () => startProcess({ home, teams: { work: { path: './project', agent: 'claude', command: CLAUDE, model: 'claude-sonnet-4-5', env } } })
  const tell = (server: ServerProcess, message: string, timeout = 0) => ask(server, '/teams/tell', { toTeam: 'work', fromTeam: 'tester', message, timeout })
  const projects = join(env.CLAUDE_CONFIG_DIR!, 'projects')
  const transcripts = () => existsSync(projects)
    ? readdirSync(projects, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.jsonl')).map(name => readFileSync(join(projects, name), 'utf8')).join('')
    : ''

  const first = await start()
  const text = 'The word is marmalade, and it is said in pieces'
  const whole = await tell(first, script([{ say: text, chunks: 8, pause: 150 }]), -1)
  await until(() => ask(first, `/tells/${whole.tellId}`), ({ response }) => response !== '')
  first.child.kill('SIGSTOP') // it hears no more; its agent works on
  await until(transcripts, lines => lines.includes('"stop_reason":"end_turn"'))
  await first.end('SIGKILL')
  await until(() => first.descendants().length, left => left === 0)

  const second = await start()
  t.match(await ask(second, `/tells/${whole.tellId}`), { state: 'completed', response: text, usage: { inputTokens: 100, turns: 1 } })
  const cut = await tell(second, script([{ say: 'Before.', use: 'Bash', input: { command: 'echo hi', description: 'x' } }, { say: 'y'.repeat(600), chunks: 600, pause: 100 }]), -1)
  await until(() => ask(second, `/tells/${cut.tellId}`), ({ response }) => response.includes('Before.\n\ny'))
  await second.end('SIGKILL')
  await until(() => second.descendants().length, left => left === 0)

  const third = await start()
  t.teardown(() => third.end())
  t.match(await ask(third, `/tells/${cut.tellId}`), { state: 'lost', response: /^Before\.\n\ny/, error: { details: { recorded: 'partial' } } })
  const calls = stub.requests.length
  t.match(await tell(third, 'Which word?'), { response: 'stub: Which word?' })
  t.equal(stub.requests.length, calls + 1, 'nothing runs again')
  t.match(said(stub.requests.at(-1)), /marmalade/, 'the conversation goes on')
})
