import type { Permissions, Rule, Verdict } from '../schemas/permissions.ts'
import { commandMatches } from './policy/command.ts'
import { pathsMatch } from './policy/path.ts'
import { matchesText } from './policy/pattern.ts'

/** What a team's policy says to a question, and which part of it. */
export interface Judgement { then: Verdict, rule: string }

/** Tools by which an agent asks a person something: no policy knows the answer. */
const QUESTIONS: ReadonlySet<string> = new Set(['AskUserQuestion', 'ExitPlanMode'])

/** Whether what is said once may hold for the session. */
export const isQuestion = (tool: string) => QUESTIONS.has(tool)

/**
 * What the team's `permissions` in config.yaml say. `directory` is the team's, absolute. A question to a person is never
 * allowed by a policy: where it would be, people are asked.
 */
export function judge (permissions: Permissions, tool: string, input: Record<string, unknown>, directory: string): Judgement {
  const said = sayOf(permissions, tool, input, directory)
  return said.then === 'allow' && isQuestion(tool) ? { then: 'ask', rule: `${said.rule}; but ${tool} is a question to a person` } : said
}

/** Whether a rule speaks of this tool, whatever its input. */
export const isRuled = (permissions: Permissions, tool: string) => typeof permissions !== 'string' &&
  permissions.rules.some(rule => rule.path === undefined && rule.command === undefined && matchesText(rule.tool, tool))

function sayOf (permissions: Permissions, tool: string, input: Record<string, unknown>, directory: string): Judgement {
  if (typeof permissions === 'string') return { then: permissions, rule: `permissions: ${permissions}` }
  const at = permissions.rules.findIndex(rule => matches(rule, tool, input, directory))
  if (at < 0) return { then: permissions.otherwise, rule: `otherwise: ${permissions.otherwise}` }
  const { then, ...rule } = permissions.rules[at]!
  return { then, rule: `rule ${at + 1}: ${Object.values(rule).join(' ')}: ${then}` }
}

function matches (rule: Rule, tool: string, input: Record<string, unknown>, directory: string): boolean {
  const allow = rule.then === 'allow'
  // To allow a path is not to allow a command beside it.
  if (allow && rule.path !== undefined && rule.command === undefined && input.command !== undefined) return false
  return matchesText(rule.tool, tool) &&
    (rule.path === undefined || pathsMatch(rule.path, input, directory, allow)) &&
    (rule.command === undefined || commandMatches(rule.command, input, allow))
}
