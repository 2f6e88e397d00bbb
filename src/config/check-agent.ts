import type { Static } from '@sinclair/typebox'
import type { TeamConfig } from '../../schemas/config.ts'
import { KINDS } from '../agent/kinds.ts'
import { notOneOf, type Problem } from './problems.ts'

/** What is wrong with a team by its kind of agent. */
export function checkAgent (name: string, team: Static<typeof TeamConfig>): Problem[] {
  const { agent } = team
  const kind = KINDS.get(agent)
  const path = ['teams', name, 'agent']
  if (kind === undefined) return [notOneOf(path, agent, [...KINDS.keys()])]
  const found = kind.check?.(team)
  return found === undefined ? [] : [{ path: ['teams', name, ...found.field.split('.')], text: `'teams.${name}.${found.field}' ${found.text}` }]
}
