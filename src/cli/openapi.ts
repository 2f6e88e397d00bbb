import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { CliError, print, type Flags, type World } from './world.ts'

type Written = Flags & { write?: string }

/** `iris openapi`: the document of the REST API, made from the tools themselves. Needs no configuration and no server. */
export async function openapi (world: World, flags: Written): Promise<void> {
  const { openApiDocument } = await import('../app.ts')
  put(world, flags, await openApiDocument())
}

/** `iris asyncapi`: the same for the WebSocket. */
export async function asyncapi (world: World, flags: Written): Promise<void> {
  const { asyncApiDocument } = await import('../app.ts')
  put(world, flags, asyncApiDocument())
}

/** `iris graphql`: the schema of GraphQL. */
export async function graphql (world: World, flags: Written): Promise<void> {
  const { graphqlDocument } = await import('../app.ts')
  put(world, flags, await graphqlDocument())
}

function put (world: World, { write }: Written, document: object | string): void {
  const text = typeof document === 'string' ? document.trimEnd() : JSON.stringify(document, null, 2)
  if (write === undefined) return print(world, text)
  const file = resolve(world.cwd, write)
  try {
    writeFileSync(file, text + '\n')
  } catch (err) {
    throw new CliError(`Cannot write ${file}: ${(err as Error).message}`, { cause: err })
  }
  world.stderr.write(`Wrote ${file}\n`)
}
