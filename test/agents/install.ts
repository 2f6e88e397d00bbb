/**
 * `node dist/test/agents/install.js` fetches the agents that the tests are made for into a folder that git does not see, each at an exact
 * version, without running their install scripts. 100 to 460 MB each, so they are never a dependency; what of Claude's is in one of them is proprietary, and never passed on.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../fixtures/root.ts'

interface Package { readonly name: string, readonly version: string, readonly program: string, readonly flags?: readonly string[] }

/** By the kind of agent. `program` lies in the package's folder. */
export const PACKAGES = {
  'claude-acp': { name: '@agentclientprotocol/claude-agent-acp', version: '0.101.0', program: '.bin/claude-agent-acp' },
  codex: { name: '@agentclientprotocol/codex-acp', version: '2.6.0', program: '.bin/codex-acp' },
  gemini: { name: '@google/gemini-cli', version: '0.61.0', program: '.bin/gemini', flags: ['--omit=optional'] },
  // The package of the platform alone: the other has a program only after its install script.
  opencode: { name: `opencode-${process.platform}-${process.arch}`, version: '1.18.33', program: `opencode-${process.platform}-${process.arch}/bin/opencode` }
} satisfies Record<string, Package>

export type Name = keyof typeof PACKAGES

const folderOf = (name: Name) => join(root, '.cache/agents', `${PACKAGES[name].program.split('/').at(-1)!}-${PACKAGES[name].version}`)

/** Where its program is, whether it is there or not. */
export const programOf = (name: Name) => join(folderOf(name), 'node_modules', PACKAGES[name].program)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const kind of Object.keys(PACKAGES) as Name[]) {
    if (existsSync(programOf(kind))) continue
    const { name, version, flags = [] }: Package = PACKAGES[kind]
    execFileSync('npm', ['install', '--prefix', folderOf(kind), '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...flags, `${name}@${version}`], { stdio: 'inherit' })
  }
}
