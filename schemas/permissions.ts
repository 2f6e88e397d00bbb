import { Type, type Static } from '@sinclair/typebox'
import { OneOf } from './one-of.ts'

/** `ask`: of people with the permission `approve`. */
const VERDICTS = ['allow', 'ask', 'deny'] as const
export type Verdict = (typeof VERDICTS)[number]

export const Rule = Type.Object({
  tool: Type.String({ minLength: 1, description: 'The name of the agent\'s tool; `*` stands for any characters' }),
  path: Type.Optional(Type.String({
    minLength: 1,
    description: 'Only for these files, e.g. `src/**`, from the team\'s directory on; `*` any part of a name, `**` any directories. To allow, every path that the input names must lead there, links followed'
  })),
  command: Type.Optional(Type.String({
    minLength: 1,
    description: 'Only for these commands, e.g. `npm test*`: the whole command, `*` any characters. To allow, a command with one of ; & | < > ( ) { } $ ` or a line break must be the pattern letter by letter'
  })),
  then: OneOf(VERDICTS)
}, { additionalProperties: false })
export type Rule = Static<typeof Rule>

export interface Rules {
  /** The first that matches wins. */
  readonly rules: readonly Rule[]
  /** Where none does. */
  readonly otherwise: Verdict
}

/** One word for all questions, or rules. A single schema rather than a union, so that a mistake in the file has one sentence. */
export const Permissions = Type.Unsafe<Verdict | Rules>({
  type: ['string', 'object'],
  pattern: `^(${VERDICTS.join('|')})$`,
  properties: {
    rules: Type.Array(Rule),
    otherwise: OneOf(VERDICTS, { default: 'deny', description: 'Where no rule matches' })
  },
  required: ['rules'],
  additionalProperties: false,
  default: 'deny',
  description: 'The answer to the agent\'s permission questions: allow, ask (people decide), deny; or { rules, otherwise }, of which the first rule that matches wins'
})
export type Permissions = Verdict | Rules
