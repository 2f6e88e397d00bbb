import t from 'tap'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { lab } from './acp-lab.ts'
import { scratch, TAPS_OWN } from './ear.ts'

t.test('One that wants a login gets it where it can be had, and is understood where not', async t => {
  const { fails } = lab(t, 'acp', { PEER_LOGIN: '1' })
  await fails(/not logged in .*Log in by its own program.* It knows these ways: A key/, {}, { reason: 'auth_required' })
  await lab(t, 'codex', { PEER_LOGIN: '1', OPENAI_API_KEY: 'k' }).fails(/not logged in .*codex login/)
})

t.test('What it cannot do is refused, and never done otherwise', async t => {
  const { wake, fails } = lab(t, 'acp', { PEER_LACKS: 'load,resume,fork' })
  const { start, process, tell } = await wake()
  t.strictSame(process.capabilities, { resume: false, fork: false })
  await tell('hello')
  const { conversation } = start
  await fails(/cannot fork/, { fork: conversation })
  await process.stop()
  await fails(/cannot go on with a conversation .*session_reset/, { conversation, resume: true })
  await lab(t, 'acp', { PEER_PROTOCOL: '2' }).fails(/version 2 .*Iris speaks 1/)
})

t.test('It is not forked where it does not stand any more', async t => {
  const { wake, fails } = lab(t)
  const { start, tell } = await wake()
  const { end } = await tell('one')
  await tell('two')
  await fails(/gone on since it was forked/, { fork: start.conversation, forkPlace: end.place! })
})

t.test('One that would destroy a conversation of this minute is not let near it before the next', async t => {
  let now = 59_000
  const { wake, fails } = lab(t, 'gemini', {}, { ...systemClock, now: () => now })
  const { start, process, tell } = await wake()
  await tell('hello')
  await process.stop()
  const again = { conversation: start.conversation, resume: true }
  now = 59_500
  await fails(/in the minute in which it began. Try again in 1 s/, again)
  now = 60_000
  t.strictSame((await (await wake(again)).tell('!history')).answer, ['echo: 1 before, the last: hello'])
})

t.test('The first start goes before the others where they would get in each other\'s way', async t => {
  const { wake } = lab(t, 'opencode', { PEER_ALONE: scratch(t) })
  const pids = (await Promise.all([wake(), wake(), wake()])).map(({ process }) => process.pid)
  t.equal(new Set(pids).size, 3)
})

t.test('It can call Iris back where it can call at all', async t => {
  const { cwd, wake } = lab(t, 'acp', {})
  const file = join(cwd, 'servers')
  const servers = async (env: Record<string, string>) => {
    await wake({ env: { PATH: '', PEER_SERVERS: file, ...env }, access: { url: 'http://127.0.0.1:1', key: 'k' } })
    return JSON.parse(readFileSync(file, 'utf8')) as unknown
  }
  t.strictSame(await servers({}), [{ type: 'http', name: 'iris', url: 'http://127.0.0.1:1/mcp', headers: [{ name: 'Authorization', value: 'Bearer k' }] }])
  t.strictSame(await servers({ PEER_LACKS: 'http' }), [])
})

t.test('Its environment is what it is given, and what its kind adds', async t => {
  const names = async (kind: string) => {
    const { tell } = await lab(t, kind).wake()
    return (await tell('!env')).answer.join().slice('echo: '.length).split(' ').filter(name => !TAPS_OWN.test(name) && name !== 'PWD')
  }
  t.strictSame(await names('acp'), ['IRIS_CHILD', 'IRIS_OWNER', 'PATH', 'PEER_HOME'])
  t.strictSame(await names('gemini'), ['GEMINI_CLI_NO_RELAUNCH', 'IRIS_CHILD', 'IRIS_OWNER', 'PATH', 'PEER_HOME'])
})
