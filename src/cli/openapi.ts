import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { print, type Flags, type World } from './world.ts'

/** `iris openapi`: the document of the REST API, made from the tools themselves. Needs no configuration and no server. */
export async function openapi (world: World, { write }: Flags & { write?: string }): Promise<void> {
  const { openApiDocument } = await import('../app.ts')
  const text = JSON.stringify(await openApiDocument(), null, 2)
  if (write === undefined) return print(world, text)
  const file = resolve(world.cwd, write)
  writeFileSync(file, text + '\n')
  world.stderr.write(`Wrote ${file}\n`)
}
