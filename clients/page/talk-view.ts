import { isOver, shown, type Conversation, type Turn } from './conversation.ts'
import { byId, h, rowsIn, write, type Row } from './dom.ts'
import type { Step } from './frames.ts'
import type { Usage } from './model.ts'
import { stepNode } from './steps.ts'
import { count, dollars } from './words.ts'

/** A conversation as it goes on; the newest stays in sight of who reads it. */
export function talkView (): (conversation: Conversation | undefined) => void {
  const box = byId('turns')
  let last: Conversation | undefined
  let update = (_turns: readonly Turn[]) => {}
  return conversation => {
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60
    if (conversation !== last) {
      box.replaceChildren()
      update = rowsIn<Turn>(box, ({ id }) => id, turnRow)
    }
    update([...conversation?.turns.values() ?? []])
    if (atEnd || conversation !== last) box.scrollTop = box.scrollHeight
    last = conversation
  }
}

function turnRow ({ asked }: Turn): Row<Turn> {
  const who = h('h3', { class: 'who' })
  const message = h('p', { class: 'text' })
  const steps = h('div', { class: 'steps' })
  const rest = h('p', { class: 'text answer' })
  const end = h('p', { class: 'end' })
  let version = -1
  const opened = new Set<number>()
  let drawn: readonly { step: Step, result: unknown }[] = []

  /** From the first step on that is another, or has a result now. */
  function draw (now: readonly Step[]) {
    let same = 0
    while (same < now.length && now[same] === drawn[same]?.step && resultOf(now[same]!) === drawn[same]!.result) same++
    while (steps.children.length > same) {
      // A call that is looked at stays open when its result comes.
      const gone = steps.lastElementChild!
      if (gone instanceof HTMLDetailsElement && gone.open) opened.add(steps.children.length - 1)
      gone.remove()
    }
    for (const [n, step] of now.entries()) {
      if (n < same || step.kind === 'result') continue
      const node = stepNode(step)
      if (node instanceof HTMLDetailsElement && opened.has(n)) node.open = true
      steps.append(node)
    }
    opened.clear()
    drawn = now.map(step => ({ step, result: resultOf(step) }))
  }

  return {
    node: h('article', { class: 'turn' }, asked && h('div', { class: 'told' }, who, message), steps, rest, end),
    update (turn) {
      if (turn.version === version) return
      version = turn.version
      const { steps: visibleSteps, rest: tail } = shown(turn)
      write(who, turn.from)
      write(message, turn.message)
      draw(visibleSteps)
      write(rest, tail)
      rest.hidden = tail === ''
      write(end, endOf(turn))
      end.classList.toggle('bad', turn.error !== undefined)
      end.classList.toggle('running', !isOver(turn))
    }
  }
}

/** What the tells of a conversation that are known here have used. */
export function spentIn (conversation: Conversation | undefined): string[] {
  const used = [...conversation?.turns.values() ?? []].flatMap(({ usage }) => usage ?? [])
  if (used.length < 2) return []
  const sum = (of: (one: Usage) => number | undefined) => used.reduce((sum, one) => sum + (of(one) ?? 0), 0)
  const cost = sum(({ costUsd }) => costUsd)
  return [`${used.length} answers`, `${count(sum(one => one.inputTokens))} in`, `${count(sum(one => one.outputTokens))} out`, ...(cost > 0 ? [dollars(cost)] : [])]
}

const resultOf = (step: Step) => step.kind === 'tool' ? step.result : undefined

function endOf ({ state, error, usage }: Turn): string {
  if (state === 'queued') return 'waits for its turn'
  if (state === 'running') return 'answers'
  if (error !== undefined) return `${state}: ${error}`
  if (usage === undefined) return ''
  return `${count(usage.inputTokens)} in · ${count(usage.outputTokens)} out${usage.costUsd === undefined ? '' : ` · ${dollars(usage.costUsd)}`}`
}
