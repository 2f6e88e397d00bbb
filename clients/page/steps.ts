import { diffLines, type Line } from './diff.ts'
import { h } from './dom.ts'
import type { Step } from './frames.ts'
import { shorten, visible } from './words.ts'

/** One step of a turn. */
export function stepNode (step: Exclude<Step, { kind: 'result' }>): HTMLElement {
  switch (step.kind) {
    case 'text': return h('p', { class: 'text' }, step.text)
    case 'thought': return h('details', { class: 'thought' }, h('summary', {}, 'Thought'), h('p', { class: 'text' }, step.text))
    case 'notice': return h('p', { class: 'notice' }, step.text)
    case 'decision': return h('p', { class: 'notice' }, `${step.tool} ${step.decision}${step.by && ` by ${step.by}`}${step.reason && `: ${step.reason}`}`)
    case 'tool': return h('details', { class: step.failed ? 'tool bad' : 'tool' },
      h('summary', {}, h('span', { class: 'tool-name' }, step.name), ' ', briefly(step.input),
        h('span', { class: 'how' }, step.result === undefined ? 'running' : step.failed ? 'failed' : 'done')),
      inputNode(step.input),
      step.result !== undefined && h('pre', { class: 'result' }, shorten(step.result, 20_000)))
  }
}

/** What a tool works on, in a few words. */
function briefly (input: unknown): string {
  const { file_path: file, path, command, pattern, url, toTeam } = (input ?? {}) as Record<string, unknown>
  const first = [file, path, command, pattern, url, toTeam].find(one => typeof one === 'string')
  return first === undefined ? '' : shorten(visible(first as string).split('\n', 1)[0]!, 80)
}

/** What a tool is given: an edit as a diff, a command as itself, all else as JSON. Nothing in it can look like something else. */
export function inputNode (input: unknown): HTMLElement {
  if (typeof input !== 'object' || input === null) return h('pre', {}, visible(JSON.stringify(input ?? null)))
  const rest: Record<string, unknown> = { ...input }
  const parts: HTMLElement[] = []
  const { old_string: before, new_string: after, content, command, edits } = rest
  if (typeof before === 'string' && typeof after === 'string') {
    parts.push(diffNode(diffLines(before, after)))
    delete rest.old_string
    delete rest.new_string
  } else if (Array.isArray(edits) && edits.every(isEdit)) {
    parts.push(...edits.map(edit => diffNode(diffLines(edit.old_string, edit.new_string))))
    delete rest.edits
  } else if (typeof content === 'string' && typeof rest.file_path === 'string') {
    parts.push(diffNode(diffLines('', content)))
    delete rest.content
  } else if (typeof command === 'string') {
    parts.push(h('pre', { class: 'command' }, visible(command)))
    delete rest.command
  }
  const file = rest.file_path
  if (typeof file === 'string') {
    parts.unshift(h('p', { class: 'file' }, visible(file)))
    delete rest.file_path
  }
  if (Object.keys(rest).length > 0 || parts.length === 0) parts.push(h('pre', {}, visible(JSON.stringify(rest, null, 2))))
  return h('div', { class: 'input' }, ...parts)
}

interface Edit { old_string: string, new_string: string }

/** With nothing beside the two texts that would go unseen but for whether all places are meant. */
const isEdit = (edit: unknown): edit is Edit => typeof edit === 'object' && edit !== null && Object.keys(edit).length === 2 &&
  typeof (edit as Edit).old_string === 'string' && typeof (edit as Edit).new_string === 'string'

const SAID = { '+': 'added', '-': 'removed', ' ': '' }

function diffNode (lines: readonly Line[]): HTMLElement {
  return h('pre', { class: 'diff', tabindex: '0', role: 'group', 'aria-label': 'Change' }, ...lines.map(({ sign, text }) =>
    h('span', { class: `line ${SAID[sign]}` }, sign !== ' ' && h('span', { class: 'unseen' }, `${SAID[sign]}: `), h('span', { class: 'sign', 'aria-hidden': 'true' }, `${sign} `), visible(text), '\n')))
}
