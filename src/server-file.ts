import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where a running server says how to reach it, for the other programs of the same user on this machine. */
export interface ServerFile {
  readonly url: string
  readonly pid: number
  readonly version: string
  /** Unix ms. */
  readonly startedAt: number
}

const SERVER = 'server.json'
const KEY = 'admin.key'
const IGNORE = '.gitignore'

/** The file of a server that was killed stays behind: only `/health/live` tells whether it lives. */
export function writeServerFile (home: string, server: ServerFile): void {
  write(home, SERVER, JSON.stringify(server) + '\n')
}

/** null where there is none, or it cannot be understood. */
export function readServerFile (home: string): ServerFile | null {
  try {
    const { url, pid, version, startedAt } = JSON.parse(readFileSync(join(home, SERVER), 'utf8')) as Partial<ServerFile>
    if (typeof url !== 'string' || typeof pid !== 'number') return null
    return { url, pid, version: version ?? '', startedAt: startedAt ?? 0 }
  } catch {
    return null
  }
}

/** Removes the file that the server with this pid wrote; one that another server wrote since stays. */
export function removeServerFile (home: string, pid: number): void {
  if (readServerFile(home)?.pid === pid) rmSync(join(home, SERVER), { force: true })
}

/** Where the key lies that lets the command line of the same user in. */
export function adminKeyFile (home: string): string {
  return join(home, KEY)
}

/** The data directory often lies in a repository: with the key comes a `.gitignore` that keeps all of it out. */
export function writeAdminKey (home: string, key: string): void {
  if (!existsSync(join(home, IGNORE))) write(home, IGNORE, '*\n')
  write(home, KEY, key + '\n')
}

/** null where there is none. */
export function readAdminKey (home: string): string | null {
  try {
    return readFileSync(adminKeyFile(home), 'utf8').trim() || null
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw err
  }
}

/** The same for who keeps the keys. */
export const localKeyOf = (home: string) => ({ read: () => readAdminKey(home), write: (key: string) => { writeAdminKey(home, key) } })

/** A reader sees the old file or the new one, never half of it, and nobody but this user sees either. */
function write (home: string, name: string, text: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const partial = join(home, `${name}.${process.pid}.tmp`)
  rmSync(partial, { force: true })
  writeFileSync(partial, text, { mode: 0o600, flag: 'wx' })
  renameSync(partial, join(home, name))
}
