import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { AgentError } from '../errors.ts'

interface Where { cwd: string, env: Readonly<Record<string, string>> }

/** Why no file of that name is there to be run: on the PATH of `env`, or, with a slash in it, from `cwd` on. Undefined where one is. */
export function whyNoProgram (command: string, { cwd, env }: Where): string | undefined {
  const places = command.includes('/') ? [resolve(cwd, command)] : (env.PATH ?? '').split(delimiter).filter(Boolean).map(folder => join(folder, command))
  return places.some(isProgram) ? undefined : `'${command}' is not found${command.includes('/') ? '' : ' on PATH'}, or is not an executable file`
}

/** What to do about a program that is missing, as the rest of a sentence. `command`: the team's own. */
export const remedy = (command: string | undefined, { install }: { readonly install?: string }) =>
  command === undefined && install !== undefined ? `; ${install}, or set \`command\`` : ''

/** Throws AgentError where there is none. */
export function requireProgram (command: string, where: Where): void {
  const stderr = whyNoProgram(command, where)
  if (stderr !== undefined) throw new AgentError(`The agent could not be started: ${stderr}`, { details: { exitCode: null, signal: null, stderr } })
}

function isProgram (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
