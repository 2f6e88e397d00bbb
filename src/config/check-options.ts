import { KINDS } from '../agent/kinds.ts'
import type { Problem } from './problems.ts'

/** Fields of a team that not every kind of agent knows: what a kind would pass over is refused, never accepted and ignored. */
export function checkOptions (name: string, team: { readonly agent: string }): Problem[] {
  const kind = KINDS.get(team.agent)
  if (kind === undefined) return []
  const special = new Set([...KINDS.values()].flatMap(({ fields = [] }) => fields))
  const problems = Object.keys(team).filter(field => special.has(field) && !kind.fields?.includes(field)).map(field => ({ field, text: `is not for agent ${team.agent}, which does not know it; ${knowers(field)}` }))
  const wrong = kind.check?.(team as unknown as Readonly<Record<string, unknown>>)
  if (wrong !== undefined) problems.push(wrong)
  return problems.map(({ field, text }) => ({ path: ['teams', name, ...field.split('.')], text: `'teams.${name}.${field}' ${text}` }))
}

function knowers (field: string): string {
  const names = [...KINDS].filter(([, { fields }]) => fields?.includes(field)).map(([name]) => name)
  return `${names.join(', ')} ${names.length === 1 ? 'does' : 'do'}`
}
