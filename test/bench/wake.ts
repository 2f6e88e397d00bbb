import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CLAUDE } from '../claude/install.ts'
import type { Cores } from './cores.ts'
import { Skipped, type Measure } from './measure.ts'

const LAB = fileURLToPath(new URL('./wake-lab.js', import.meta.url))
/** Times as many rounds as elsewhere: the program's own start varies more than what is looked for. */
const MORE = 3
/** ms for all rounds */
const DEADLINE = 180_000

/** What wake-lab.ts prints: ms from the tell to the first words of the answer. `alike`: by hand, saying all that Iris says. */
export interface Wakes { readonly ours: number[], readonly limit: number[], readonly alike: number[] }

/** A tell to a team whose real Claude Code sleeps, until its first chunk; against that program, run by hand with the same arguments. */
export function createWake (cores: Cores): Measure {
  return {
    name: 'wake',
    what: "A tell over WebSocket to a team whose real Claude Code sleeps, in a conversation of its own, until the first `tell:chunk`. Against that program run by hand: the same arguments, environment and message, and Iris's tools offered in the same words on its pipe; and without them, where it has less to do before its first words. Its model service is a stub on loopback.",
    async run ({ rounds }) {
      if (!existsSync(CLAUDE)) throw new Skipped('Claude Code is not there: node dist/test/claude/install.js fetches it')
      const { stdout } = await promisify(execFile)(process.execPath, [LAB, JSON.stringify({ cores, rounds: MORE * rounds })], { timeout: DEADLINE })
      const { ours, limit, alike } = JSON.parse(stdout) as Wakes
      const row = { measure: 'wake of Claude Code to its first chunk', unit: 'ms', ours }
      return [
        { ...row, limit: alike, against: "the program by hand, with Iris's tools on its pipe", goal: { of: 'ratio', atMost: 1.05 } },
        { ...row, limit, against: 'the program by hand, without tools' }
      ]
    }
  }
}
