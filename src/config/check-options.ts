import { KINDS } from '../agent/kinds.ts'
import type { Problem } from './problems.ts'

/** Fields of a team that not every kind of agent knows: what a kind would pass over is refused, never accepted and ignored. */
export function checkOptions (name: string, team: { readonly agent: string }): Problem[] {
  const kind = KINDS.get(team.agent)
  if (kind === undefined) return []
  const special = new Set([...KINDS.values()].flatMap(({ fields = [] }) => fields))
  return Object.keys(team).filter(field => special.has(field) && !kind.fields?.includes(field)).map(field => ({
    path: ['teams', name, field],
    text: `'teams.${name}.${field}' is not for agent ${team.agent}, which does not know it; ${knowers(field)}`
  }))
}

function knowers (field: string): string {
  const names = [...KINDS].filter(([, { fields }]) => fields?.includes(field)).map(([name]) => name)
  return `${names.join(', ')} ${names.length === 1 ? 'does' : 'do'}`
}
