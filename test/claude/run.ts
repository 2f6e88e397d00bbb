/** `npm run test:claude`: fetches the real Claude Code where it is missing, then runs what needs it. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../fixtures/root.ts'

const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1

if (node('dist/test/claude/install.js') !== 0) console.error('Claude Code could not be installed')
process.exitCode = node(join(root, 'node_modules/tap/dist/esm/run.mjs'), 'dist/test/claude/agent.test.js', 'dist/test/claude/iris.test.js', 'dist/test/claude/kill.test.js', 'dist/test/claude/tools.test.js', 'dist/test/claude/options.test.js', '--timeout=300', '--jobs=1')
