import { claudeEnvironment } from '../claude/isolation.ts'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CLAUDE, VERSION } from '../claude/install.ts'
import { said, script, startModelStub } from '../fixtures/model-stub.ts'
import { listen } from '../fixtures/socket-client.ts'
import { scratch } from '../fixtures/wired.ts'
import { lab } from './lab.ts'
import { skip as noSshd } from './sshd.ts'

const skip = noSshd || (existsSync(CLAUDE) || process.env.REQUIRE_REAL_AGENTS === '1' ? false : `Claude Code ${VERSION} is not installed: node dist/test/claude/install.js`)

t.test('The real Claude Code over a real sshd: tells, tool calls, a drop during a turn, and the same conversation afterwards', { skip }, async t => {
  const stub = await startModelStub()
  t.teardown(stub.close)
  const env = claudeEnvironment(scratch(t), stub.port)
  const { server, tell, call } = await lab(t, { team: { agent: 'claude', command: CLAUDE, model: 'claude-sonnet-4-5', env, permissions: 'allow' } })
  t.match(await tell(script([{ say: 'Grüße, 世界' }], 'Remember the word heliotrope.')), { state: 'completed', response: 'Grüße, 世界' })

  const file = join(server.services.teams.get('far').path, 'made.txt')
  t.match(await tell(script([{ use: 'Write', input: { file_path: file, content: 'from there' } }, { say: 'done' }])), { response: 'done' })
  t.equal(readFileSync(file, 'utf8'), 'from there')

  const client = await listen(t, server)
  client.send('tell:start', { toTeam: 'far', message: script([{ say: 'a word, then nothing', hang: true }]) }, 'a')
  await client.event('tell:chunk', 'a')
  const { sessions: [session] } = await call('GET', '/teams/far/status') as { sessions: { pid: number }[] }
  process.kill(session!.pid, 'SIGKILL')
  const { data } = await client.event('tell:error', 'a')
  t.match(data, { state: 'failed', error: { details: { reason: 'disconnected' } } })

  const next = await tell(script([{ say: 'still here' }]))
  t.match(next, { state: 'completed', response: 'still here' }, JSON.stringify(next))
  t.match(said(stub.requests.at(-1)), /heliotrope/, 'the model is told what was said before')
  t.equal(left().length, 1, 'one process has the conversation')
  await call('POST', '/teams/far/sleep', {})
  t.strictSame(left(), [], 'and none when it sleeps')
  t.strictSame(server.errors, [])

  /** The processes of Claude that are there. */
  function left () {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name)).filter(pid => {
      try {
        const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return program === CLAUDE && args.includes('stream-json') && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(env.HOME!)
      } catch {
        return false
      }
    })
  }
})
