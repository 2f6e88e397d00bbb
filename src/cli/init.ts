import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { shipped } from '../version.ts'
import { quoted } from './quoted.ts'
import { CliError, print, printJson, type Flags, type World } from './world.ts'

/** `iris init`: writes the commented configuration that comes with the package. Needs nothing on the machine. */
export async function init (world: World, flags: Flags & { force?: boolean }): Promise<void> {
  const file = resolve(world.cwd, flags.config ?? (world.env.IRIS_CONFIG || 'config.yaml'))
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, shipped('config.yaml'), { flag: flags.force ? 'w' : 'wx' })
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException
    throw new CliError(code === 'EEXIST' ? `${file} exists already; --force overwrites it` : `Cannot write ${file}: ${message}`, { cause: err })
  }
  if (flags.json) return printJson(world, { file })
  const named = flags.config === undefined ? '' : ` --config ${quoted(flags.config)}`
  print(world, `Wrote ${file}\nAdd your teams there, then:\n  iris doctor${named}\n  iris start${named}`)
}
