import { byId, h, rowsIn, write, type Row } from './dom.ts'
import type { Model, Question } from './model.ts'
import { inputNode } from './steps.ts'
import { countdown, visible } from './words.ts'

/** `input`: in the place of what the agent wants to give the tool. */
export interface Answer { decision: 'allow' | 'allow_session' | 'deny', reason?: string, input?: Record<string, unknown> }
export type Decide = (question: Question, answer: Answer) => Promise<void>

/** What agents ask, until somebody decides or the time is over. */
export function questionsView (model: Model, decide: Decide, now: () => number): () => void {
  const update = rowsIn<Question>(byId('question-list'), ({ approvalId }) => approvalId, question => questionRow(question, decide, now))
  const badge = document.querySelector<HTMLElement>('[data-count=questions]')!
  return () => {
    const questions = [...model.questions.values()]
    update(questions)
    byId('no-questions').hidden = questions.length > 0
    write(byId('no-questions'), model.decides ? 'No agent waits for a decision.' : 'This key may not decide what agents ask.')
    badge.hidden = questions.length === 0
    write(badge, String(questions.length))
  }
}

function questionRow (question: Question, decide: Decide, now: () => number): Row<Question> {
  const { approvalId, team, tool, input, description, expiresAt } = question
  const left = h('p', { class: 'hint' })
  const reason = h('input', { type: 'text', id: `reason-${approvalId}`, autocomplete: 'off' })
  const given = JSON.stringify(input, null, 2)
  const edited = h('textarea', { id: `input-${approvalId}`, rows: '8', spellcheck: 'false', class: 'code', input () { edited.setCustomValidity('') } })
  edited.value = given

  function answer (decision: Answer['decision']): Answer | undefined {
    const why = reason.value.trim()
    const said = { decision, ...(why !== '' && { reason: why }) }
    if (decision === 'deny' || edited.value === given) return said
    try {
      return { ...said, input: JSON.parse(edited.value) as Record<string, unknown> }
    } catch (err) {
      edited.setCustomValidity(String(err))
      edited.reportValidity()
    }
  }

  const button = (label: string, decision: Answer['decision'], more = '') => h('button', {
    type: 'button',
    class: more,
    click () {
      const said = answer(decision)
      if (said === undefined) return
      for (const one of buttons) one.disabled = true
      void decide(question, said).finally(() => {
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
      h('details', {}, h('summary', {}, 'Change what it is given'), h('label', { for: edited.id }, 'In its place, as JSON'), edited),
      left,
      h('label', { for: reason.id }, 'Reason (optional)'),
      reason,
      h('div', { class: 'buttons', role: 'group', 'aria-label': `Decide what ${team} asks` }, ...buttons)),
    update () { write(left, expiresAt === undefined ? 'Waits for ever' : `Denied in ${countdown(expiresAt - now())}`) }
  }
}
