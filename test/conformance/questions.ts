import { EventEmitter, once } from 'node:events'
import { Type } from '@sinclair/typebox'
import { defineTool, type Call, type Tool } from '../../src/tool.ts'

const ids = { sessionId: '00000000-0000-4000-8000-000000000002', team: 'echo', tool: 'Write', input: {} }

/** What was said to a question, until the tool that asked it takes it. The suite calls one tool after the other. */
const said = new Set<string>()
const heard = new EventEmitter()

/** By the id of the work: the questions of it that are answered. */
const answered = new Map<string, Set<string>>()

/** Asks these questions, one after the other. A client that cannot be asked while the call runs comes back with the answer. */
export async function askAll ({ emit, signal, attempt }: Call, questions: readonly string[]): Promise<void> {
  const known = answered.get(attempt?.workId ?? '') ?? new Set<string>()
  if (attempt !== undefined) answered.set(attempt.workId, known)
  for (const approvalId of questions) {
    while (!said.delete(approvalId) && !known.has(approvalId)) {
      emit({ event: 'approval:requested', data: { ...ids, approvalId, description: `What is your ${approvalId}?` } })
      if (!said.has(approvalId)) await once(heard, approvalId, { signal })
    }
    known.add(approvalId)
  }
}

/** Takes the answers, as the product's own tool takes decisions. */
export const answers: Tool = defineTool({
  name: 'test_answer',
  title: 'test_answer',
  description: 'A fixture of the conformance suite',
  permission: 'status',
  http: { method: 'POST', url: '/test_answer' },
  answers: {
    asked: 'approval:requested',
    decided: 'approval:resolved',
    id: 'approvalId',
    form: ['name', 'ok'],
    declined: {},
    words: ({ description = '' }) => description
  },
  input: Type.Object({
    approvalId: Type.String(),
    name: Type.Optional(Type.String()),
    ok: Type.Optional(Type.Boolean())
  }, { additionalProperties: false }),
  output: {},
  team: null,
  handler ({ approvalId }) {
    said.add(approvalId)
    heard.emit(approvalId)
    return {}
  }
})
