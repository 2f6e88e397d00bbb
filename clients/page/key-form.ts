import type { KeyCreateInput } from '../js/src/tools.ts'
import { byId, h, rowsIn } from './dom.ts'
import type { Team } from './model.ts'

type Permission = KeyCreateInput['permissions'][number]

const MEANS: Record<Permission, string> = {
  tell: 'talk to teams, cancel tells',
  wake: 'start agents, fork sessions',
  sleep: 'end agents',
  status: 'see teams and sessions',
  'cache:read': 'read what is said',
  'cache:write': 'clear, reset and delete sessions',
  approve: 'decide what agents ask',
  metrics: 'read /metrics',
  admin: 'all of it, keys and webhooks too'
}

/** ms */
const DAY = 86_400_000

/** What a new key may do. The teams to choose from are kept in step by what it returns. */
export function keyForm (create: (wanted: KeyCreateInput) => Promise<boolean>, now: () => number): (teams: readonly Team[]) => void {
  const form = byId<HTMLFormElement>('key-make')
  const name = byId<HTMLInputElement>('key-name')
  const submit = byId<HTMLButtonElement>('key-submit')
  const ticked = (field: string) => [...form.querySelectorAll<HTMLInputElement>(`[name=${field}]:checked`)].map(({ value }) => value)
  byId('key-permissions').append(...Object.entries(MEANS).map(([permission, means]) => tick('permission', permission, means)))
  const first = form.querySelector<HTMLInputElement>('[name=permission]')!
  form.addEventListener('input', () => { first.setCustomValidity('') })

  form.addEventListener('submit', event => {
    event.preventDefault()
    const permissions = ticked('permission') as Permission[]
    if (permissions.length === 0) {
      first.setCustomValidity('Choose at least one permission')
      return first.reportValidity()
    }
    const teams = ticked('team')
    const days = Number(byId<HTMLSelectElement>('key-ends').value)
    submit.disabled = true
    void create({ keyName: name.value.trim(), permissions, ...(teams.length > 0 && { teams }), ...(days > 0 && { expiresAt: now() + days * DAY }) }).then(made => {
      submit.disabled = false
      if (made) form.reset()
    })
  })

  return rowsIn<Team>(byId('key-teams'), team => team.name, team => ({ node: tick('team', team.name), update () {} }))
}

function tick (name: string, value: string, means?: string): HTMLElement {
  return h('label', { class: 'tick' }, h('input', { type: 'checkbox', name, value }), h('span', {}, value, means !== undefined && h('span', { class: 'hint' }, ` ${means}`)))
}
