/** `npm run test:agents [-- kind …]`: fetches the real agents where they are missing, then runs what needs them. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../fixtures/root.ts'
import { PACKAGES } from './install.ts'

const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1

if (node('dist/test/agents/install.js') !== 0) console.error('not all agents could be installed')
const kinds = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PACKAGES)
const tests = kinds.map(name => `dist/test/agents/${name}.test.js`)
process.exitCode = node(join(root, 'node_modules/tap/dist/esm/run.mjs'), ...tests, '--timeout=600', '--jobs=1')
