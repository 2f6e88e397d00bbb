import { byId, h, rowsIn, write } from './dom.ts'
import type { Happened, Model } from './model.ts'
import { clock, count, dollars, shorten } from './words.ts'

/** What was used, and what happened, newest first. */
export function eventsView (model: Model): () => void {
  const update = rowsIn<Happened>(byId('event-list'), ({ seq }) => String(seq), ({ event, data, at }) => ({
    node: h('li', {}, h('time', { datetime: new Date(at).toISOString() }, clock(at)), h('span', { class: 'event' }, event), h('span', { class: 'detail' }, detail(data))),
    update () {}
  }))
  const usage = rowsIn<[string, string]>(byId('usage'), ([name]) => name, ([name]) => {
    const value = h('dd')
    return { node: h('div', {}, h('dt', {}, name), value), update ([, text]) { write(value, text) } }
  })
  return () => {
    update(model.happened)
    usage(total(model))
  }
}

function total ({ spent }: Model): [string, string][] {
  const all = [...spent.values()]
  const sum = (of: (one: typeof all[number]) => number | undefined) => all.reduce((sum, one) => sum + (of(one) ?? 0), 0)
  return [
    ['Tells', count(all.length)],
    ['Tokens in', count(sum(one => one.inputTokens))],
    ['Tokens out', count(sum(one => one.outputTokens))],
    ['Cached', count(sum(one => one.cacheReadTokens))],
    ['Cost', dollars(sum(one => one.costUsd))]
  ]
}

/** A few words on an event. */
function detail (data: Record<string, unknown>): string {
  const { team, from, reason, tool, state, message, error } = data as Record<string, string> & { message?: { type: string }, error?: { message: string } }
  return shorten([from === undefined ? team : `${from} → ${team}`, message?.type, tool, state, reason, error?.message].filter(one => typeof one === 'string' && one !== '').join(' · '), 160)
}
