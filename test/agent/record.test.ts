import t, { type Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEcho } from '../../src/agent/echo.ts'
import { recordOfClaude } from '../../src/agent/transcript.ts'
import { systemClock } from '../../src/clock.ts'
import { living, scratch } from './ear.ts'

t.test('Echo has on record how each turn ended, beside what came before and after it', async t => {
  const cwd = scratch(t)
  const agent = createEcho({ clock: systemClock, owner: randomUUID(), home: join(cwd, 'home') })
  const { start, process: agentProcess, tell, ear } = await living(t, agent, cwd)
  const of = (tellId: string, costSoFar = 0) => agent.record!({ cwd, conversation: start.conversation, costSoFar, env: {}, tellId })
  const one = await tell('one')
  const blocks = await tell('!blocks')
  const failed = await tell('!fail')
  const hanging = randomUUID()
  agentProcess.send(hanging, { text: '!hang' })
  await ear.until('delta')
  t.strictSame(await of(one.tellId), { state: 'complete', text: 'echo: one', usage: one.end.usage, costTotal: one.end.costTotal, place: one.end.place })
  t.match(await of(blocks.tellId, one.end.costTotal), { state: 'complete', text: 'echo: first\n\necho: second\n\necho: third', usage: blocks.end.usage, costTotal: blocks.end.costTotal })
  t.strictSame(await of(failed.tellId), { state: 'partial', text: '' })
  t.strictSame(await of(hanging), { state: 'partial', text: '' })
  t.strictSame(await of(randomUUID()), { state: 'none' })
  t.strictSame(await agent.record!({ ...start, conversation: randomUUID(), tellId: one.tellId }), { state: 'none' })
  t.equal(createEcho({ clock: systemClock, owner: '' }).record, undefined, 'without a home there is no record')
})

/** A transcript of Claude Code as it lies on its disk, and what is on record in it. */
function transcript (t: Test, lines: object[], more = '') {
  const home = scratch(t)
  const conversation = randomUUID()
  mkdirSync(join(home, '.claude/projects/-a-project'), { recursive: true })
  mkdirSync(join(home, '.claude/projects/-another'))
  const file = join(home, '.claude/projects/-a-project', `${conversation}.jsonl`)
  writeFileSync(file, lines.map(line => `${JSON.stringify(line)}\n`).join('') + more)
  return { file, of: (tellId: string) => recordOfClaude({ conversation, env: { HOME: home }, tellId }) }
}

const usage = (n: number) => ({ input_tokens: n, output_tokens: n, cache_read_input_tokens: n, cache_creation_input_tokens: n })
const typed = (uuid: string, content: unknown = 'hello') => ({ type: 'user', uuid, message: { role: 'user', content } })
const says = (id: string, text: string, stopReason: string | null = 'end_turn', more: object = {}) => ({ type: 'assistant', uuid: `uuid-${id}-${text}`, message: { id, model: 'claude', content: [{ type: 'text', text }], stop_reason: stopReason, usage: usage(1) }, ...more })
const uses = (id: string) => ({ type: 'assistant', uuid: `uuid-${id}-use`, message: { id, model: 'claude', content: [{ type: 'tool_use', id: 'tool', name: 'Write', input: {} }], stop_reason: 'tool_use', usage: usage(1) } })
const result = { type: 'user', uuid: 'result', message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'tool', content: 'done' }] } }
const noise = [{ type: 'attachment', attachment: {} }, { type: 'last-prompt', lastPrompt: 'hello' }, { type: 'queue-operation', content: 'hello' }]
const [before, tell, after] = [randomUUID(), randomUUID(), randomUUID()]

t.test('A turn that Claude ended is complete, with all its text blocks and what it used, whatever follows', async t => {
  const turn = [typed(before), says('m0', 'no'), typed(tell), ...noise, says('m1', 'I write.', 'tool_use'), uses('m1'), result, says('m9', 'an aside', 'end_turn', { isSidechain: true }), says('m2', 'Written.')]
  const whole = { state: 'complete', text: 'I write.\n\nWritten.', place: 'uuid-m2-Written.', usage: { inputTokens: 2, outputTokens: 2, cacheReadTokens: 2, cacheWriteTokens: 2, turns: 2 } }
  for (const following of [[], noise, [typed(after), says('m3', 'later')], [typed('task', '<task-notification>'), says('m3', 'of nobody')]]) {
    t.strictSame(await transcript(t, [...turn, ...following]).of(tell), whole)
  }
  t.match(await transcript(t, turn, '{"type":"assistant","mess').of(tell), whole, 'half a line is no line')
})

t.test('A turn without a good end is partial, with the text that is there', async t => {
  const cases: [string, object[], string][] = [
    ['nothing came', [], ''],
    ['a tool is asked for', [says('m1', 'I write.', 'tool_use'), uses('m1')], 'I write.'],
    ['a tool has run', [says('m1', 'I write.', 'tool_use'), uses('m1'), result], 'I write.'],
    ['interrupted in a stream', [says('m1', 'x', null), typed('i', [{ type: 'text', text: '[Request interrupted by user]' }])], 'x'],
    ['interrupted after an end', [says('m1', 'x'), typed('i', [{ type: 'text', text: '[Request interrupted by user for tool use]' }])], 'x'],
    ['an error of its service', [says('m1', 'API Error: 400', 'stop_sequence', { isApiErrorMessage: true })], ''],
    ['only thought', [{ ...says('m1', 'x'), message: { id: 'm1', model: 'claude', content: [{ type: 'thinking', thinking: 'hm' }], stop_reason: 'end_turn' } }], ''],
    ['what the program says at a resume', [{ ...says('m1', 'No response requested.', 'end_turn'), message: { model: '<synthetic>', content: [{ type: 'text', text: 'No response requested.' }], stop_reason: 'end_turn' } }], ''],
    ['a hook has more to say', [says('m1', 'x'), { ...typed('h', 'Stop hook feedback'), isMeta: true }], 'x']
  ]
  for (const [what, lines, text] of cases) {
    t.strictSame(await transcript(t, [typed(before), says('m0', 'no'), typed(tell), ...lines]).of(tell), { state: 'partial', text }, what)
    t.strictSame(await transcript(t, [typed(tell), ...lines, typed(after), says('m9', 'later')]).of(tell), { state: 'partial', text }, `${what}, and the conversation went on`)
  }
})

t.test('A turn that is not there, or a transcript that is not, is none', async t => {
  const { of, file } = transcript(t, [typed(before), says('m0', 'no')])
  t.strictSame(await of(tell), { state: 'none' })
  t.strictSame(await recordOfClaude({ conversation: randomUUID(), env: { HOME: scratch(t) }, tellId: tell }), { state: 'none' })
  appendFileSync(file, `${JSON.stringify({ type: 'queue-operation', content: tell })}\n`)
  t.strictSame(await of(tell), { state: 'none' }, 'its id in another place is not its message')
  t.match(readFileSync(file, 'utf8'), tell)
})
