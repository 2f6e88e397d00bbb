/**
 * `node dist/test/claude/install.js` fetches the Claude Code that the tests are made for into a folder that git does not
 * see. It is proprietary: never a dependency, never passed on. The package of the platform alone has no install script
 * and asks for no Node version (`npm i @anthropic-ai/claude-code` gives an older version in silence where Node is older).
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../fixtures/root.ts'

export const VERSION = '2.1.330'

const musl = () => process.platform === 'linux' && !('glibcVersionRuntime' in (process.report.getReport() as { header: object }).header)
const platform = `${process.platform}-${process.arch}${musl() ? '-musl' : ''}`
const folder = join(root, '.cache/agents', `claude-${VERSION}`)

/** Whether it is the version that this file installs. */
export const PINNED = process.env.CLAUDE_BIN === undefined
/** Where the program is, whether it is there or not: CLAUDE_BIN, or where this file installs it. */
export const CLAUDE = process.env.CLAUDE_BIN ?? join(folder, `node_modules/@anthropic-ai/claude-code-${platform}/claude`)

if (process.argv[1] === fileURLToPath(import.meta.url) && !existsSync(CLAUDE)) {
  const name = `@anthropic-ai/claude-code-${platform}@${VERSION}`
  execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', name], { stdio: 'inherit' })
}
