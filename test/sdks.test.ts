import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import type { ErrorBody } from '../schemas/error.ts'
import * as errors from '../src/errors.ts'
import { root } from './fixtures/root.ts'

const { generate } = await import(pathToFileURL(join(root, 'clients/generate/index.js')).href) as { generate (): Record<string, string> }

t.test('the SDKs are fresh: `npm run sdks` writes them', async t => {
  for (const [path, text] of Object.entries(generate())) t.equal(readFileSync(join(root, path), 'utf8'), text, path)
})

t.test('the SDKs know every error of the server, and its status', async t => {
  const { bodies } = JSON.parse(readFileSync(join(root, 'clients/fixtures/errors.json'), 'utf8')) as { bodies: ErrorBody[] }
  const made = Object.entries(errors).flatMap(([name, Row]) => name.endsWith('Error') && name !== 'IrisError' ? [new (Row as typeof errors.NotFoundError)('', '')] : [])
  const known = [...made.map(({ name, statusCode }) => [name, statusCode]), ['InternalError', 500]].sort()
  t.strictSame(bodies.map(({ error, statusCode }) => [error, statusCode]).sort(), known)
})
