import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The package's own folder. Sources lie one folder below package.json, compiled code two. */
const ROOT = root(import.meta.dirname)

/** The version in package.json: the only place where it is written. */
export const VERSION = (JSON.parse(shipped('package.json')) as { version: string }).version

/** The text of a file that comes with the package. */
export function shipped (name: string): string {
  return readFileSync(join(ROOT, name), 'utf8')
}

function root (directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : root(dirname(directory))
}
