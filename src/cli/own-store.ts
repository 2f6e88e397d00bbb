import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { closed } from './closed.ts'

/** What is stored in the data directory itself, whether a server runs or not. */
export function openOwnStore (home: string): Store {
  try {
    return openStore(home)
  } catch (err) {
    throw closed(home, err)
  }
}
