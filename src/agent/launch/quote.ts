/**
 * A word as a POSIX shell reads it back, whatever is in it. Throws RangeError for a NUL character, which no program's
 * argument can hold.
 */
export function quote (word: string): string {
  if (word.includes('\0')) throw new RangeError('An argument must not hold a NUL character')
  return `'${word.replaceAll("'", "'\\''")}'`
}
