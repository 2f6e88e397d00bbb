/** `npm run test:remote`: agents on another host, over a real sshd on loopback that the tests start and end. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../fixtures/root.ts'

const files = ['ssh', 'words', 'forward', 'doctor', 'claude', 'podman'].map(name => `dist/test/remote/${name}.test.js`)
process.exitCode = spawnSync(process.execPath, [join(root, 'node_modules/tap/dist/esm/run.mjs'), ...files, '--timeout=300', '--jobs=1'], { cwd: root, stdio: 'inherit' }).status ?? 1
