import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { checkFileCode } from '../../src/build/check-file-code.ts'
import { checkFile } from '../../src/config/check-file.ts'
import { describe } from '../../src/config/problems.ts'
import { ConfigFile } from '../../schemas/config.ts'
import { root } from '../fixtures/root.ts'

const key = { name: 'ci', key: '0123456789abcdef', permissions: ['tell'] }
const FILES: unknown[] = [
  {}, [], '', 7, null,
  { settings: { httpPort: 99_999, host: '', idleTimeout: 'soon', maxProcesses: 1.5 }, setings: {} },
  { settings: [], api: null, teams: 'none' },
  { api: { apiKeys: [key, { ...key, permissions: [] }, { ...key, permissions: ['tell', 'tell', 'fly'] }, { name: '👩‍🚀'.repeat(40), key: 'short' }, {}], cors: ['example.org'], rateLimit: { max: 0 } } },
  { teams: { Backend: { path: '.' }, a: {}, b: { path: '', agent: 'cat', permissions: 'maybe' }, c: { path: '.', env: { 'A-B': '1', C: 2 }, reach: 7, worktree: true } } },
  { teams: { a: { path: '.', permissions: { rules: [{ tool: 'Bash', then: 'perhaps' }, {}], otherwise: 'x' }, remote: { host: '-x' }, container: {} } } },
  { teams: { a: { path: '.', agent: 'claude', maxTurns: '3', idleTimeout: '1h' } }, webhooks: { allow: ['a b'] }, tracing: { endpoint: 'ftp://x' }, metrics: { enabled: 'yes' } }
]

t.test('the check that is shipped, compiled beforehand, finds the same and puts in the same', async t => {
  const file = join(t.testdir({}), 'check.mjs')
  writeFileSync(file, `import { createRequire } from 'node:module'; const require = createRequire('${pathToFileURL(join(root, 'package.json')).href}');\n${checkFileCode()}`)
  const shipped = await import(pathToFileURL(file).href) as { checkFile: typeof checkFile }
  let found = 0
  for (const given of FILES) {
    const [one, other] = [structuredClone(given), structuredClone(given)]
    const words = (errors: ReturnType<typeof checkFile>) => errors.map(error => describe(error, ConfigFile))
    const [problems, theirs] = [words(checkFile(one)), words(shipped.checkFile(other))]
    t.strictSame(theirs, problems, JSON.stringify(given))
    t.strictSame(other, one)
    found += problems.length
  }
  t.ok(found > 30, String(found))
})
