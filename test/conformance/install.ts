import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const root = join(import.meta.dirname, '../../..')
const home = join(root, '.cache/conformance')
const packages = join(home, 'node_modules')

/** Where one release of the suite starts. */
export const suite = (release: 'stable' | 'next'): string => join(packages, `conformance-${release}/dist/index.js`)

/** The suite wants `fs.globSync`, which Node has from 22 on. */
const isNew = Number(process.versions.node.split('.')[0]) >= 22
const otherNode = `node-${process.platform}-${process.arch}`

/** A Node that can run the suite: our own, or the one that is installed beside it. */
export const nodeForSuite = isNew ? process.execPath : join(packages, otherNode, 'bin/node')

/** Puts the suite into .cache/conformance, in the very versions of its lock file, unless it is there already. */
export async function install (): Promise<void> {
  const source = join(root, 'test/conformance/suite')
  const lock = await readFile(join(source, 'package-lock.json'), 'utf8')
  if (await readFile(join(packages, 'installed.json'), 'utf8').catch(() => '') === lock) return
  await mkdir(home, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) await copyFile(join(source, file), join(home, file))
  const npm = async (...args: string[]) => await promisify(execFile)('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: home })
  await npm('ci')
  if (!isNew) await npm('install', '--no-save', `${otherNode}@22.23.3`)
  await copyFile(join(source, 'package-lock.json'), join(packages, 'installed.json'))
}
