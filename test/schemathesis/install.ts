import { execFile } from 'node:child_process'
import { copyFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../fixtures/root.ts'

const home = join(root, '.cache/schemathesis')
const requirements = join(root, 'test/schemathesis/requirements.txt')
const installed = join(home, 'installed.txt')

export const program = join(home, 'bin/st')

/** Puts schemathesis into .cache/schemathesis, in the very versions of its list, unless it is there already. */
export async function install (): Promise<void> {
  const list = await readFile(requirements, 'utf8')
  if (await readFile(installed, 'utf8').catch(() => '') === list) return
  await rm(home, { recursive: true, force: true })
  const run = promisify(execFile)
  await run('python3', ['-m', 'venv', home])
  await run(join(home, 'bin/pip'), ['install', '--disable-pip-version-check', '--no-deps', '--requirement', requirements])
  await copyFile(requirements, installed)
}
