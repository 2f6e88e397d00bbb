import { randomUUID } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import { createCommand, filled } from '../../src/agent/command.ts'
import { alive, dead, chunksOf, createEar, living, scratch, startOf } from './ear.ts'

const agent = createCommand({ clock: systemClock, owner: randomUUID() })

/** A program of the test's own: the body of a Node script that has `args` and `input` (its whole stdin). */
function program (t: Test, body: string) {
  const cwd = scratch(t)
  const path = join(cwd, 'program')
  writeFileSync(path, `#!${process.execPath}\nconst args = process.argv.slice(2)\nconst input = require('fs').readFileSync(0, 'utf8')\n${body}\n`)
  chmodSync(path, 0o755)
  return { cwd, command: path }
}

const echoing = 'process.stdout.write(JSON.stringify({ args, input }))'

t.test('the message goes to stdin and what the program prints is the answer', async t => {
  const { cwd, command } = program(t, 'process.stdout.write("You said: " + input + "\\n")')
  const { process: agentProcess, tell } = await living(t, agent, cwd, { command })
  const { end, answer, chunks, events } = await tell('Hëllo 🌍')
  t.equal(end.outcome, 'completed')
  t.strictSame(answer, ['You said: Hëllo 🌍'])
  t.match(chunks.join(''), 'You said: Hëllo 🌍')
  t.match(events.find(event => event.type === 'message'), { kind: 'assistant', data: { text: 'You said: Hëllo 🌍' } })
  t.strictSame((await tell('again')).answer, ['You said: again'], 'each turn is a run of its own')
  t.equal(agentProcess.pid, undefined, 'between turns there is no process')
})

t.test('the pieces are the answer to the letter: white space that ends the output is not sent before it goes on', async t => {
  const { cwd, command } = program(t, 'process.stdout.write("\\n  one \\n"); setTimeout(() => { process.stdout.write("\\n"); setTimeout(() => { process.stdout.write("two\\n \\n") }, 20) }, 20)')
  const { tell } = await living(t, agent, cwd, { command })
  const { answer, chunks } = await tell('x')
  t.strictSame([chunks.join(''), answer], ['\n  one \n\ntwo', ['\n  one \n\ntwo']])
})

t.test('the message goes where the arguments say, and no shell reads it', async t => {
  const { cwd, command } = program(t, echoing)
  const args = ['--to', '{team}', '--in={conversation}', '-m', '{message}', '{unknown}']
  const { start, tell } = await living(t, agent, cwd, { command, args })
  for (const message of ['$(touch /tmp/x); `id` "\'', 'two\nlines', '{team} {message}', '*']) {
    t.strictSame(JSON.parse((await tell(message)).answer[0]!), { args: ['--to', 'team', `--in=${start.conversation}`, '-m', message, '{unknown}'], input: '' })
  }
})

t.test('a message is never an option', t => {
  t.equal(filled('{message}', { message: '--force' }), ' --force')
  t.equal(filled('--{message}', { message: '-x' }), '---x', 'where the dash is the template\'s own it stays')
  t.equal(filled('{message}', { message: 'a-b' }), 'a-b')
  t.end()
})

t.test('a failure is one: exit code, signal and stderr are told, with what was printed before', async t => {
  const { cwd, command } = program(t, 'process.stdout.write("half"); if (input === "die") process.kill(process.pid, "SIGKILL"); process.stderr.write("first\\nno such model"); process.exitCode = 3')
  const { tell } = await living(t, agent, cwd, { command })
  const { end, answer } = await tell('x')
  t.match(end, { outcome: 'failed', error: 'exit code 3: no such model', details: { exitCode: 3, signal: null, stderr: 'first\nno such model' } })
  t.strictSame(answer, ['half'])
  t.match((await tell('die')).end, { outcome: 'failed', error: 'SIGKILL', details: { exitCode: null, signal: 'SIGKILL' } })
  t.equal((await tell('y')).end.outcome, 'failed', 'the agent lives on')
})

t.test('a turn can be interrupted, and the next one works', async t => {
  const { cwd, command } = program(t, 'process.stdout.write("begun"); if (input === "hang") setInterval(() => {}, 1000)')
  const { ear, process: agentProcess, tell } = await living(t, agent, cwd, { command })
  const hanging = tell('hang')
  await ear.until('delta')
  const { pid } = agentProcess
  t.ok(alive(pid), 'its process is the agent\'s meanwhile')
  agentProcess.interrupt()
  const { end, events, tellId } = await hanging
  t.equal(end.outcome, 'interrupted')
  t.strictSame(chunksOf(events, tellId), ['begun'])
  await dead(pid)
  t.notOk(alive(pid))
  t.equal((await tell('on')).end.outcome, 'completed')
})

t.test('an answer without end is cut off', async t => {
  const { cwd, command } = program(t, 'const more = Buffer.alloc(1 << 20, "x"); const go = () => { while (process.stdout.write(more)); process.stdout.once("drain", go) }; go()')
  const { tell } = await living(t, agent, cwd, { command })
  t.match((await tell('x')).end, { outcome: 'failed', error: 'it printed more than 16777216 bytes' })
})

t.test('what is missing is said at the start', async t => {
  const cwd = scratch(t)
  for (const [more, message] of [
    [{ command: 'no-such-program-there' }, /'no-such-program-there' is not found on PATH/],
    [{ command: './absent' }, /'.\/absent' is not found/],
    [{ command: cwd }, /is not an executable file/],
    [{ command: 'node', fork: randomUUID() }, /cannot fork/]
  ] as const) await t.rejects(agent.start(startOf(cwd, createEar(), more)), { name: 'AgentError', message })
})

t.test('a message that is too long for an argument fails its turn alone', async t => {
  const { cwd, command } = program(t, echoing)
  const { tell } = await living(t, agent, cwd, { command, args: ['{message}'] })
  t.match((await tell('x'.repeat(200_000))).end, { outcome: 'failed', error: /its arguments are too long/ })
  t.equal((await tell('short')).end.outcome, 'completed')
})

t.test('a stop ends the turn that is on, and says so once', async t => {
  const { cwd, command } = program(t, 'process.stdout.write("begun"); setInterval(() => {}, 1000)')
  const { ear, process: agentProcess, tell } = await living(t, agent, cwd, { command })
  const hanging = tell('x')
  await ear.until('delta')
  t.strictSame(await agentProcess.stop(), { code: 0, signal: null, stderr: '', expected: true })
  t.equal((await hanging).end.outcome, 'failed')
  t.equal(ear.events.filter(event => event.type === 'exit').length, 1)
  t.throws(() => { agentProcess.send(randomUUID(), { text: 'x' }) }, /has ended/)
})
