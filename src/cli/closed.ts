import { CliError } from './world.ts'

/** Where it is the data directory that lets nobody in, says so and names it, which neither SQLite nor the system does; else the error as it is. */
export function closed (home: string, err: unknown): unknown {
  const { code, message } = err as NodeJS.ErrnoException
  if (!/^(EACCES|EPERM|EROFS|SQLITE_CANTOPEN|SQLITE_READONLY)/.test(code ?? '')) return err
  return new CliError(`Cannot open what is stored in ${home}: ${message}. Only the user who runs its server may; --home names another`, { cause: err })
}
