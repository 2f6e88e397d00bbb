import { statSync } from 'node:fs'

/** Why there is no directory at this path; undefined where there is one. */
export function whyNoDirectory (path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : `${path} is no directory`
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException
    return code === 'ENOENT' ? `the directory ${path} does not exist` : message
  }
}
