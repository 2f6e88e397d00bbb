import { byId, h, rowsIn, write, type Row } from './dom.ts'
import type { Model, Question } from './model.ts'
import { inputNode } from './steps.ts'
import { countdown, visible } from './words.ts'

export type Decide = (question: Question, decision: 'allow' | 'allow_session' | 'deny', reason: string) => Promise<void>

/** What agents ask, until somebody decides or the time is over. */
export function questionsView (model: Model, decide: Decide, now: () => number): () => void {
  const update = rowsIn<Question>(byId('question-list'), ({ approvalId }) => approvalId, question => questionRow(question, decide, now))
  const badge = document.querySelector<HTMLElement>('[data-count=questions]')!
  return () => {
    const questions = [...model.questions.values()]
    update(questions)
    byId('no-questions').hidden = questions.length > 0
    badge.hidden = questions.length === 0
    write(badge, String(questions.length))
  }
}

function questionRow (question: Question, decide: Decide, now: () => number): Row<Question> {
  const { approvalId, team, tool, input, description, expiresAt } = question
  const left = h('p', { class: 'hint' })
  const reason = h('input', { type: 'text', id: `reason-${approvalId}`, autocomplete: 'off' })
  const button = (label: string, decision: Parameters<Decide>[1], more = '') => h('button', {
    type: 'button',
    class: more,
    click () {
      for (const one of buttons) one.disabled = true
      void decide(question, decision, reason.value.trim()).finally(() => {
        for (const one of buttons) one.disabled = false
      })
    }
  }, label)
  const buttons = [button('Allow', 'allow', 'main'), button('Allow in this session', 'allow_session'), button('Deny', 'deny', 'danger')]
  return {
    node: h('li', { class: 'question' },
      h('h3', {}, `${team} asks to use ${visible(tool)}`),
      description !== undefined && h('p', {}, `It says: ${visible(description)}`),
      inputNode(input),
      left,
      h('label', { for: reason.id }, 'Reason (optional)'),
      reason,
      h('div', { class: 'buttons', role: 'group', 'aria-label': `Decide what ${team} asks` }, ...buttons)),
    update () { write(left, expiresAt === undefined ? 'Waits for ever' : `Denied in ${countdown(expiresAt - now())}`) }
  }
}
