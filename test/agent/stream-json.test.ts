import t from 'tap'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../fixtures/root.ts'
import { createReader } from '../../src/agent/reader.ts'
import type { AgentEvent } from '../../src/agent/agent.ts'
import type { Frame } from '../../src/agent/frame.ts'

const ONE = '00000000-0000-7000-8000-000000000001'
const TWO = '00000000-0000-7000-8000-000000000002'

/** Reads frames, and `{ sent: id }` where a message was sent in between, into what they mean. */
function read (frames: (Frame | { sent: string } | string)[], costSoFar = 0) {
  const events: AgentEvent[] = []
  const refused: string[] = []
  const reader = createReader({ costSoFar, on: event => { events.push(event) }, answered: () => {}, unanswerable: (id, subtype) => { refused.push(`${id} ${subtype}`) } })
  for (const frame of frames) {
    if (typeof frame === 'string') reader.line(frame)
    else if ('sent' in frame) reader.sent(frame.sent)
    else reader.line(JSON.stringify(frame))
  }
  return { events, reader, refused, heard: events.filter(event => event.type !== 'activity').map(brief) }
}

/** An event in one line: whose it is by the last digit of the tell's id. */
function brief (event: AgentEvent) {
  const whose = !('tellId' in event) ? '' : event.tellId === null ? ' nobody' : ` ${event.tellId.at(-1)}`
  switch (event.type) {
    case 'delta': case 'text': return `${event.type}${whose} ${event.text}`
    case 'message': return `${event.kind}${whose} ${(event.data as Frame).subtype ?? ''}`.trim()
    case 'tool': return `tool${whose} ${event.running ? 'begins' : 'ends'}`
    case 'ask': return `ask${whose} ${event.tool}`
    case 'retry': return `retry${whose} ${event.attempt} ${event.reason}${event.auth ? ' auth' : ''}`
    case 'ended': return `ended${whose} ${event.outcome} $${event.usage?.costUsd?.toFixed(7)}${event.error === undefined ? '' : ` ${event.error}`}`
    default: return `${event.type}${whose}`
  }
}

/** What the real program said, recorded (and cleared of paths) against a stub of its model service. */
const recorded = (name: string) => read(readFileSync(join(root, `test/fixtures/claude-${name}.jsonl`), 'utf8').trim().split('\n')
  .map(line => line.startsWith('{"sent"') ? JSON.parse(line) as { sent: string } : line))

const CALL = '$0.0003885'

t.test('Two plain turns', async t => {
  const { heard, reader } = recorded('answer')
  t.equal(reader.version, '2.1.330')
  t.strictSame(heard, [
    'system 1 init', 'delta 1 Grü', 'delta 1 ße,', 'delta 1  世界', 'assistant 1', 'text 1 Grüße, 世界', 'result 1 success', `ended 1 completed ${CALL}`,
    'delta 2 stu', 'delta 2 b: ', 'delta 2 two', 'assistant 2', 'text 2 stub: two', 'result 2 success', `ended 2 completed ${CALL}`
  ])
})

t.test('A thought, two texts and a tool, once allowed and once denied', async t => {
  const { heard, events } = recorded('tool')
  t.strictSame(heard, [
    'system 1 init', 'assistant 1', 'delta 1 I wr', 'delta 1 ite.', 'assistant 1', 'text 1 I write.', 'assistant 1', 'tool 1 begins', 'ask 1 Write',
    'tool 1', 'tool 1 ends', 'delta 1 Written.', 'assistant 1', 'text 1 Written.', 'result 1 success', 'ended 1 completed $0.0013320',
    'assistant 2', 'tool 2 begins', 'ask 2 Write', 'tool 2', 'tool 2 ends', 'delta 2 Not written.', 'assistant 2', 'text 2 Not written.', 'result 2 success', 'ended 2 completed $0.0013170'
  ])
  t.match(events.find(event => event.type === 'ask'), { requestId: String, input: { file_path: '/scratch/team/a.txt', content: 'hi' }, data: { subtype: 'can_use_tool' } })
  t.match(events.find(event => event.type === 'ended'), { costTotal: 0.001332, usage: { inputTokens: 200, outputTokens: 43, cacheReadTokens: 40, cacheWriteTokens: 20, turns: 2 } })
})

t.test('An interrupt in a stream, one before the turn, one at a question, and the turn after', async t => {
  t.strictSame(recorded('interrupt').heard, [
    'system 1 init', 'delta 1 a', 'delta 1 b', 'assistant 1', 'text 1 ab', 'system 1', 'result 1 error_during_execution', 'ended 1 interrupted $0.0003585',
    'ended 2 interrupted $undefined',
    'assistant 3', 'tool 3 begins', 'ask 3 Write', 'unask', 'tool 3', 'tool 3 ends', 'system 3', 'result 3 error_during_execution', 'ended 3 interrupted $0.0009135',
    'delta 4 stu', 'delta 4 b: ', 'delta 4 nex', 'delta 4 t', 'assistant 4', 'text 4 stub: next', 'result 4 success', `ended 4 completed ${CALL}`
  ])
})

t.test('Errors of the model service: a lasting one, a refused key, and a passing one', async t => {
  const { heard, events } = recorded('error')
  t.strictSame(heard, [
    'system 1 init', 'assistant 1', 'result 1 success', 'ended 1 failed $0.0000000 API Error: 400 bad thing',
    'system 2 api_retry', 'retry 2 1 authentication_failed (401) auth', 'assistant 2', 'result 2 success', 'ended 2 failed $0.0000000 Failed to authenticate. API Error: 401 who',
    'system 3 api_retry', 'retry 3 1 overloaded (529)', 'delta 3 at', 'delta 3  l', 'delta 3 as', 'delta 3 t', 'assistant 3', 'text 3 at last', 'result 3 success', `ended 3 completed ${CALL}`
  ])
  t.match(events.find(event => event.type === 'ended'), { details: { subtype: 'success', apiErrorStatus: 400, terminalReason: 'api_error' } })
})

t.test('A stream that breaks off three times', async t => {
  const attempt = ['delta 1 ab', 'delta 1 cd', 'restart 1']
  t.strictSame(recorded('restart').heard, [
    'system 1 init', ...attempt, 'system 1 api_retry', 'retry 1 1 unknown', ...attempt, 'system 1 api_retry', 'retry 1 2 unknown', ...attempt,
    'assistant 1', 'text 1 abcdefgh', 'result 1 success', 'ended 1 completed $0.0014640'
  ])
})

t.test('A background task whose end starts a turn', async t => {
  t.strictSame(recorded('background').heard, [
    'system 1 init', 'assistant 1', 'tool 1 begins', 'ask 1 Bash', 'system 1 task_started', 'tool 1', 'tool 1 ends', 'delta 1 Begun.', 'assistant 1', 'text 1 Begun.', 'result 1 success', 'ended 1 completed $0.0014370',
    'system nobody task_notification', 'delta nobody It ended.', 'assistant nobody', 'text nobody It ended.', 'result nobody success', `ended nobody completed ${CALL}`,
    'delta 2 stu', 'delta 2 b: ', 'delta 2 nex', 'delta 2 t', 'assistant 2', 'text 2 stub: next', 'result 2 success', `ended 2 completed ${CALL}`
  ])
})

t.test('A sub-agent, whose cost counts and whose words do not', async t => {
  const { heard, events } = recorded('subagent')
  t.strictSame(heard, [
    'system 1 init', 'assistant 1', 'tool 1 begins', 'system 1 task_started', 'system 1', 'system 1 task_notification', 'tool 1', 'tool 1 ends',
    'delta 1 It says so.', 'assistant 1', 'text 1 It says so.', 'result 1 success', 'ended 1 completed $0.0019305'
  ])
  t.match(events.at(-1), { type: 'activity' })
  t.match(events.find(event => event.type === 'ended'), { usage: { inputTokens: 300 } })
})

t.test('A limit, which is an error to the program', async t => {
  t.strictSame(recorded('limit').heard.slice(-4), ['tool 1', 'tool 1 ends', 'result 1 error_max_turns', 'ended 1 limit $0.0008085 Reached maximum number of turns (1)'])
})

t.test('A version that names no messages: a turn, a background task, an interrupt', async t => {
  const { heard, reader, events } = recorded('old')
  t.equal(reader.version, '2.1.197')
  t.strictSame(heard.filter(line => /^(text|ended|tool|ask)/.test(line) && !line.includes('task-notification')), [
    'text 1 stub: one', `ended 1 completed ${CALL}`,
    'tool 2 begins', 'ask 2 Bash', 'tool 2', 'tool 2 ends', 'text 2 Begun.', 'ended 2 completed $0.0014370',
    'ended nobody completed $0.0018135',
    'text 3 ab', 'ended 3 interrupted $0.0000000'
  ])
  t.ok(events.some(event => event.type === 'text' && event.tellId === null))
})

const started = (id: string): Frame => ({ type: 'command_lifecycle', command_uuid: id, state: 'started' })
const result = (id: string | undefined, more: Frame = {}): Frame => ({ type: 'result', subtype: 'success', ...(id !== undefined && { user_message_uuids: [id] }), ...more })
const says = (text: string, more: Frame = {}): Frame => ({ type: 'assistant', message: { id: 'm', content: [{ type: 'text', text }] }, ...more })

t.test('A tell ends once, however often its result comes', async t => {
  const { heard } = read([{ sent: ONE }, started(ONE), result(ONE), { type: 'command_lifecycle', command_uuid: ONE, state: 'completed' }, { sent: TWO }, started(TWO), result(ONE), says('b'), result(TWO)])
  t.strictSame(heard.filter(line => !line.startsWith('result')), ['ended 1 completed $undefined', 'assistant 2', 'text 2 b', 'ended 2 completed $undefined'])
})

t.test('A tell whose turn ends without a result ends', async t => {
  const { heard } = read([{ sent: ONE }, started(ONE), { type: 'command_lifecycle', command_uuid: ONE, state: 'completed' }])
  t.strictSame(heard, ['ended 1 completed $undefined'])
})

t.test('What is said late belongs to the tell it names', async t => {
  const stream = (id: string, type: string, more: object = {}): Frame => ({ type: 'stream_event', api_message_id: id, event: { type, ...more } })
  const { heard } = read([
    { sent: ONE }, started(ONE), result(ONE), { sent: TWO }, started(TWO),
    { ...stream('late', 'message_start', { message: { id: 'late' } }), user_message_uuids: [ONE] },
    stream('late', 'content_block_delta', { delta: { type: 'text_delta', text: 'a' } }),
    { type: 'assistant', message: { id: 'late', content: [{ type: 'text', text: 'a' }] } },
    says('b', { user_message_uuid: TWO }), says('c', { user_message_uuid: 'somebody' }), result(TWO)
  ])
  t.strictSame(heard.filter(line => /^(delta|text|ended)/.test(line)), ['ended 1 completed $undefined', 'delta 1 a', 'text 1 a', 'text 2 b', 'text nobody c', 'ended 2 completed $undefined'])
})

t.test('A sub-agent\'s words go to the cache of the tell whose tool it is', async t => {
  const { heard } = read([
    { sent: ONE }, started(ONE), { type: 'assistant', message: { content: [{ type: 'tool_use', id: 'call' }] } },
    says('aside', { parent_tool_use_id: 'call' }), says('stray', { parent_tool_use_id: 'gone' }),
    { type: 'stream_event', parent_tool_use_id: 'call', event: { type: 'content_block_delta', delta: { type: 'text_delta', text: 'aside' } } },
    result(ONE)
  ])
  t.strictSame(heard, ['assistant 1', 'tool 1 begins', 'assistant 1', 'assistant nobody', 'result 1 success', 'tool 1 ends', 'ended 1 completed $undefined'])
})

t.test('What a sub-agent says names the tool call whose it is', async t => {
  const { events } = read([
    { sent: ONE }, started(ONE), { type: 'assistant', message: { content: [{ type: 'tool_use', id: 'call' }] } },
    says('aside', { parent_tool_use_id: 'call' }), { type: 'user', parent_tool_use_id: 'call', message: { content: 'go' } }, result(ONE)
  ])
  t.strictSame(events.flatMap(event => event.type === 'message' ? [event.parent] : []), [undefined, 'call', 'call', undefined])
})

t.test('A limit of the account, a login and a bill are told apart from other failures', async t => {
  const fails = (more: Frame, error: string, before: Frame[] = []) => {
    const { events } = read([{ sent: ONE }, started(ONE), ...before, says('no', { error }), result(ONE, { is_error: true, ...more })])
    const end = events.find(event => event.type === 'ended')
    t.equal(end?.outcome, 'failed')
    t.notOk(events.some(event => event.type === 'text'), 'what the program says of it is no answer')
    return end?.trouble
  }
  const refused: Frame = { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1_795_432_318 } }
  const near: Frame = { type: 'rate_limit_event', rate_limit_info: { status: 'allowed_warning', resetsAt: 1 } }
  t.strictSame(fails({ api_error_status: 429 }, 'rate_limit', [refused]), { reason: 'rate_limited', until: 1_795_432_318_000 })
  t.strictSame(fails({ api_error_status: 429 }, 'rate_limit', [near]), { reason: 'rate_limited' })
  t.match(fails({ api_error_status: 401 }, 'authentication_failed'), { reason: 'auth_required', fix: /claude auth login/ })
  t.match(fails({ result: 'Not logged in · Please run /login' }, 'unknown'), { reason: 'auth_required', fix: /claude auth login/ })
  t.match(fails({ api_error_status: 400, result: 'Credit balance is too low' }, 'billing_error'), { reason: 'auth_required', fix: /credit/ })
  t.equal(fails({ api_error_status: 529 }, 'overloaded', [near]), undefined)
  const { events } = read([{ sent: ONE }, started(ONE), says('no', { error: 'rate_limit' }), result(ONE, { is_error: true }), { sent: TWO }, started(TWO), result(TWO, { is_error: true })])
  t.strictSame(events.flatMap(event => event.type === 'ended' ? [event.trouble?.reason] : []), ['rate_limited', undefined], 'what was said of one turn is not said of the next')
})

t.test('An answer in a form comes with the end of its turn', async t => {
  const { events } = read([{ sent: ONE }, started(ONE), result(ONE, { structured_output: { n: 7 } })])
  t.match(events.find(event => event.type === 'ended'), { outcome: 'completed', structured: { n: 7 } })
})

t.test('Costs are differences of a running total, and one that shrinks has begun anew', async t => {
  const ends = (costs: number[], before: number) => read(costs.flatMap((total): Parameters<typeof read>[0] => [
    { sent: ONE }, started(ONE), result(ONE, { total_cost_usd: total, usage: { input_tokens: 1 }, num_turns: 3 })
  ]), before).events.flatMap(event => event.type === 'ended' ? [[event.usage?.costUsd, event.costTotal]] : [])
  t.strictSame(ends([1.5, 2, 0.25, 0.75], 1), [[0.5, 1.5], [0.5, 2], [0.25, 0.25], [0.5, 0.75]])
})

t.test('A version that announces nothing begins its total with its process, whatever was spent before', async t => {
  const { events } = read([6, 8].flatMap((total): Parameters<typeof read>[0] => [{ sent: ONE }, result(undefined, { total_cost_usd: total })]), 5)
  t.strictSame(events.flatMap(event => event.type === 'ended' ? [event.usage?.costUsd] : []), [6, 2])
})

t.test('A version that announces nothing tells its own turns from ours by where they come from', async t => {
  const { heard } = read([{ sent: ONE }, result(undefined, { origin: { kind: 'task-notification' } }), result(undefined)])
  t.strictSame(heard, ['result nobody success', 'ended nobody completed $undefined', 'result 1 success', 'ended 1 completed $undefined'])
})

t.test('A question that only a terminal can answer is refused, so that nobody waits', async t => {
  const { refused, heard } = read([{ type: 'control_request', request_id: 'r', request: { subtype: 'hook_callback' } }, { type: 'control_request', request_id: 's' }])
  t.strictSame(refused, ['r hook_callback', 's unknown'])
  t.strictSame(heard, [])
})

t.test('What is no frame, or none that is known, is a sign of life', async t => {
  const noise = ['', 'Welcome!', '{"type":', 'null', '7', '[]', '{}', '{"type":"new_in_3.0"}', '{"type":"system"}', '{"type":"assistant"}', '{"type":"user","message":{}}', '{"type":"stream_event"}', '{"type":"control_request"}', '{"type":"control_cancel_request"}', '{"type":"control_response"}', '{"type":"command_lifecycle"}']
  for (const line of noise) {
    const { events } = read([{ sent: ONE }, line])
    t.strictSame(events.filter(event => event.type !== 'message'), line === '{"type":"assistant"}' || line.includes('"message"') ? [] : [{ type: 'activity' }], line)
  }
})

t.test('A frame of an impossible shape is kept, and ends nothing', async t => {
  const { heard, events } = read([{ sent: ONE }, started(ONE), '{"type":"assistant","message":{"content":[null]}}', '{"type":"result","terminal_reason":7}', result(ONE)])
  t.equal(heard.filter(line => line === 'system nobody frame_not_understood').length, 2)
  t.equal(events.at(-1)?.type, 'ended')
})

t.test('A line that is too long is noted', async t => {
  const { reader, events } = read([{ sent: ONE }, started(ONE)])
  reader.tooLong(5)
  t.match(events.at(-1), { type: 'message', tellId: ONE, kind: 'system', data: { subtype: 'line_too_long', bytes: 5 } })
})
