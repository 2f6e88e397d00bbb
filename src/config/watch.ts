import { readFileSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Config } from '../../schemas/config.ts'
import type { Clock } from '../clock.ts'
import { openToOthers } from './loopback.ts'

/** Editors write, rename and touch in bursts: one reading after they have settled, ms. */
const SETTLE = 100

export interface WatchOptions {
  clock: Clock
  /** Reads this file anew, with the flags and variables the program was started with. Throws ConfigError. */
  load (file: string | undefined): Config
  /** A good file, whole. What needs a restart is as before. */
  onChange (config: Config): void
  /** Why nothing, or not everything, changed. */
  onError (message: string): void
}

export interface ConfigWatch {
  /** Read now, whether the file changed or not. */
  reload (): void
  close (): void
}

/** Follows the file of a configuration. A bad or missing file changes nothing and says why. */
export function watchConfig (config: Config, { clock, load, onChange, onError }: WatchOptions): ConfigWatch {
  const { file } = config
  let current = config
  let seen = file === null ? undefined : textOf(file)
  let cancel: (() => void) | undefined

  const reload = () => {
    if (file !== null) seen = textOf(file)
    let next: Config
    try {
      next = keepFixed(current, load(file ?? undefined), onError)
    } catch (err) {
      onError(`The configuration in force stays: ${(err as Error).message}`)
      return
    }
    current = next
    onChange(next)
  }
  if (file === null) return { reload, close () {} }

  const look = () => {
    cancel?.()
    cancel = clock.after(SETTLE, () => {
      cancel = undefined
      follow()
      if (textOf(file) !== seen) reload()
    })
  }

  // The directory, as a file that is replaced by renaming another over it would be lost from sight.
  const name = basename(file)
  const watcher = eye(dirname(file), changed => {
    // `..data` is what changes where a cluster mounts the file as a link.
    if (changed === null || changed === name || changed === '..data') look()
  }, err => { onError(`The configuration file is not watched (${err.message}). After a change of it send SIGHUP, or start again`) })

  // And the file, as one that is a link, or is mounted there by itself, is written elsewhere than in that directory.
  let direct: FSWatcher | undefined
  const follow = () => {
    direct?.close()
    direct = eye(file, look, () => {}) // where it is not there, the directory says when it is
  }
  follow()

  return {
    reload,
    close () {
      cancel?.()
      direct?.close()
      watcher?.close()
    }
  }
}

/** undefined where that cannot be watched: systems have a limit of it. */
function eye (path: string, saw: (changed: string | null) => void, failed: (err: Error) => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, (_, changed) => { saw(changed) }).on('error', failed)
  } catch (err) {
    failed(err as Error)
    return undefined
  }
}

/** undefined where it cannot be read: `load` says why. */
function textOf (file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** An open port and an open database cannot be moved: they keep their values until the next start. */
function keepFixed (before: Config, after: Config, say: (message: string) => void): Config {
  const { httpPort, host } = before.settings
  const changed = [
    ...(after.settings.httpPort === httpPort ? [] : ['settings.httpPort']),
    ...(after.settings.host === host ? [] : ['settings.host']),
    ...(after.home === before.home ? [] : ['the data directory'])
  ]
  const kept = { ...after.settings, httpPort, host }
  const open = openToOthers(kept, after.api)
  if (open !== undefined) throw new Error(`${open} (which needs a restart)`)
  if (changed.length === 0) return after
  say(`A change of ${changed.join(' and ')} needs a restart; the rest of the file is in force`)
  return Object.freeze({ ...after, home: before.home, settings: Object.freeze(kept) })
}
