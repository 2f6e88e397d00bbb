import { matchesText } from './pattern.ts'

/** What chains a further command to one, hides one in it, or sends its output elsewhere. */
const CHAINS = /[;&|<>(){}$`]/

/**
 * Whether a command is that of a rule. To allow, it is judged whole and must be a single plain one, unless the pattern is that
 * very command. To ask or deny, it is enough that one of several chained matches.
 */
export function commandMatches (pattern: string, { command }: Record<string, unknown>, allow: boolean): boolean {
  if (typeof command !== 'string') return false
  if (pattern === command) return true
  if (!allow) return [command, ...command.split(/[;&|<>(){}$`\r\n]+/)].some(part => matchesText(pattern, part.trim()))
  return !CHAINS.test(command) && [...command].every(letter => letter >= ' ' && letter !== '\x7f') && matchesText(pattern, command)
}
