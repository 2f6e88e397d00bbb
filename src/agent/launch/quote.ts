import { AgentError } from '../../errors.ts'

/**
 * A word as a POSIX shell reads it back, whatever is in it. Throws AgentError for a NUL character, which no program's
 * argument can hold.
 */
export function quote (word: string): string {
  if (word.includes('\0')) throw new AgentError('The agent could not be started: a word of its program holds a NUL character')
  return `'${word.replaceAll("'", "'\\''")}'`
}
