import type { KeyListOutput } from '../js/src/tools.ts'
import { byId, h, rowsIn, working, write, type Row } from './dom.ts'
import { span, visible } from './words.ts'

export type Key = KeyListOutput['keys'][number]

export interface KeyActions {
  rotate (key: Key): Promise<unknown>
  revoke (key: Key): Promise<unknown>
}

const ORDER: readonly Key['state'][] = ['valid', 'expired', 'revoked']

/** Who may do what, and for how long. */
export function keysView (actions: KeyActions, now: () => number): (keys: readonly Key[]) => void {
  const update = rowsIn<Key>(byId('key-list'), ({ keyName }) => keyName, key => keyRow(key, actions, now))
  return keys => { update([...keys].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))) }
}

function keyRow (first: Key, { rotate, revoke }: KeyActions, now: () => number): Row<Key> {
  const shownName = visible(first.keyName)
  let key = first
  const state = h('span', { class: 'state' })
  const marks = h('span', { class: 'hint' })
  const grants = h('p')
  const times = h('p', { class: 'hint' })
  const button = (label: string, act: (key: Key) => Promise<unknown>, more = '') => {
    const node = h('button', { type: 'button', class: `small ${more}`, 'aria-label': `${label} the key ${shownName}` }, label)
    node.addEventListener('click', working(node, () => act(key)))
    return node
  }
  const buttons = h('div', { class: 'buttons' }, button('Rotate', rotate), button('Revoke', revoke, 'danger'))
  return {
    node: h('li', { class: 'key' }, h('div', { class: 'row' }, h('h3', {}, shownName), state, marks), grants, times, buttons),
    update (latest) {
      key = latest
      state.dataset.state = key.state
      write(state, key.state)
      write(marks, [key.own && 'this page\'s', key.local && 'the iris command\'s', key.source === 'config' && 'in config.yaml'].filter(Boolean).join(' · '))
      write(grants, grantsOf(key))
      write(times, timesOf(key, now()))
      buttons.hidden = key.source === 'config' || key.state === 'revoked'
    }
  }
}

function grantsOf ({ permissions, teams, as }: Key): string {
  return [permissions.join(', '), teams === undefined ? 'all teams' : `only ${teams.join(', ')}`, as !== undefined && `speaks as ${as.join(', ')}`].filter(Boolean).join(' · ')
}

function timesOf ({ createdAt, expiresAt, revokedAt, lastUsedAt }: Key, now: number): string {
  const day = (at: number) => new Date(at).toLocaleDateString()
  return [
    createdAt !== undefined && `made ${day(createdAt)}`,
    revokedAt !== undefined ? `revoked ${day(revokedAt)}` : expiresAt === undefined ? 'never ends' : `${expiresAt > now ? 'ends' : 'ended'} ${day(expiresAt)}`,
    lastUsedAt === undefined ? 'not used since the server started' : `last used ${span(now - lastUsedAt)} ago`
  ].filter(Boolean).join(' · ')
}
