import t from 'tap'
import { Conversation, shown } from '../../clients/page/conversation.ts'
import { readFrame } from '../../clients/page/frames.ts'

const tellId = '0190a000-0000-7000-8000-000000000001'
const sessionId = '0190a000-0000-7000-8000-000000000002'
let seq = 0
const message = (type: string, data: unknown) => ({ event: 'cache:message', seq: ++seq, data: { sessionId, tellId, message: { type, data } } })
const chunk = (offset: number, chunk: string) => ({ event: 'tell:chunk', seq: ++seq, data: { sessionId, tellId, offset, chunk } })
const says = (...content: object[]) => message('assistant', { type: 'assistant', message: { content } })
const text = (text: string) => ({ type: 'text', text })

/** What a reader sees: texts as they are, calls in brackets. */
function seen (conversation: Conversation) {
  const { steps, rest } = shown(conversation.turn(tellId))
  return [...steps.map(step => step.kind === 'tool' ? `[${step.name} ${step.result ?? '…'}]` : step.kind === 'text' ? step.text : step.kind), ...rest === '' ? [] : [rest]]
}

t.test('an answer stands between the calls of its tools, and nothing twice', async t => {
  const talk = new Conversation(sessionId)
  const hear = (event: Parameters<Conversation['apply']>[0]) => t.ok(talk.apply(event))
  hear(message('user', { text: 'Hi', from: 'me' }))
  hear(chunk(0, 'fir'))
  t.same(seen(talk), ['fir'])
  hear(chunk(3, 'st'))
  hear(says(text('first')))
  t.same(seen(talk), ['first'])
  hear(says({ type: 'tool_use', id: 'c1', name: 'Bash', input: {} }))
  t.same(seen(talk), ['first', '[Bash …]'])
  hear(message('tool', { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'c1', content: [text('ok')] }] } }))
  hear(chunk(5, '\n\nsec'))
  t.same(seen(talk), ['first', '[Bash ok]', 'sec'])
  hear({ event: 'tell:complete', data: { sessionId, tellId, response: 'first\n\nsecond' } })
  t.same(seen(talk), ['first', '[Bash ok]', 'second'])
  hear(says(text('second')))
  t.same(seen(talk), ['first', '[Bash ok]', 'second'])
})

t.test('a passage that begins again takes the place of what was said', async t => {
  const talk = new Conversation(sessionId)
  talk.apply(chunk(0, 'this will be sa'))
  talk.apply(chunk(0, 'said again'))
  t.same(seen(talk), ['said again'])
  t.notOk(talk.apply(chunk(100, 'later')), 'a chunk beyond the end tells that something is missing')
})

t.test('the answer is the truth where the messages say something else, or nothing', async t => {
  const talk = new Conversation(sessionId)
  talk.apply(says(text('a draft')))
  talk.apply({ event: 'tell:complete', data: { sessionId, tellId, response: 'the answer' } })
  t.same(seen(talk), ['the answer'])
})

t.test('what was read from the cache is not told again by the events that follow', async t => {
  const talk = new Conversation(sessionId)
  const event = says(text('once'))
  const { type, data } = event.data.message
  talk.load([{ seq: event.seq, tellId, timestamp: 0, type: type as 'assistant', data }], [])
  talk.apply(event)
  t.same(seen(talk), ['once'])
  t.equal(talk.turn(tellId).state, 'completed', 'a turn that no list of tells knows has ended')
})

t.test('each kind of agent is read in its own frames; what is none of them shows nothing', async t => {
  t.same(readFrame('assistant', { sessionUpdate: 'agent_message_chunk', content: text('hello') }), [{ kind: 'text', text: 'hello' }])
  t.same(readFrame('assistant', { sessionUpdate: 'agent_thought_chunk', content: text('hm') }), [{ kind: 'thought', text: 'hm' }])
  t.same(readFrame('assistant', { sessionUpdate: 'tool_call', toolCallId: 'x', title: 'Read a.ts', rawInput: { a: 1 } }), [{ kind: 'tool', id: 'x', name: 'Read a.ts', input: { a: 1 } }])
  t.same(readFrame('tool', { sessionUpdate: 'tool_call_update', toolCallId: 'x', status: 'failed', content: [{ type: 'content', content: text('no') }] }), [{ kind: 'result', id: 'x', text: 'no', failed: true }])
  t.same(readFrame('assistant', { text: 'bare' }), [{ kind: 'text', text: 'bare' }])
  t.same(readFrame('assistant', { parent_tool_use_id: 'p', message: { content: [text('of a helper')] } }), [{ kind: 'thought', text: 'of a helper' }])
  for (const odd of [null, 7, 'x', [], {}, { message: 3 }, { message: { content: [null, 5] } }]) for (const type of ['assistant', 'tool', 'system', 'result', 'other']) t.same(readFrame(type, odd), [])
})
