import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { AgentError } from '../errors.ts'

/** Throws AgentError where no file of that name is there to be run: on the PATH of `env`, or, with a slash in it, from `cwd` on. */
export async function requireProgram (command: string, { cwd, env }: { cwd: string, env: Readonly<Record<string, string>> }): Promise<void> {
  const places = command.includes('/') ? [resolve(cwd, command)] : (env.PATH ?? '').split(delimiter).filter(Boolean).map(folder => join(folder, command))
  for (const place of places) if (await isProgram(place)) return
  const stderr = `'${command}' is not found${command.includes('/') ? '' : ' on PATH'}, or is not an executable file`
  throw new AgentError(`The agent could not be started: ${stderr}`, { details: { exitCode: null, signal: null, stderr } })
}

async function isProgram (path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
