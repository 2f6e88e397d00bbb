import { spawnSync } from 'node:child_process'

/** False where all these programs are; where REQUIRE_PROGRAMS is set they have to be. Else why the test is skipped. */
export function missing (...programs: string[]): string | false {
  const absent = programs.filter(name => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status !== 0)
  if (absent.length === 0 || process.env.REQUIRE_PROGRAMS) return false
  return `not installed: ${absent.join(', ')}`
}
