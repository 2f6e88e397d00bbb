import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export interface PageOptions {
  /** Where the page and the library it uses lie: the path below `/app/` of each folder's files, and the folder. */
  folders: readonly (readonly [path: string, folder: string])[]
}

interface Asset { type: string, etag: string, content: Buffer }

const TYPES: Partial<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml'
}

/** It runs its own scripts and talks to this server alone, and no text can become HTML: there is no policy that would make it trusted. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

/** GraphiQL makes elements of text itself, styles them in place and brings its fonts along; no script but those served here. */
const GRAPHIQL_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * The live page at `/`, GraphiQL at `/graphiql`, and what they load below `/app/`. No key is needed to read them: they hold
 * nothing but themselves, and ask the API with the key of whoever looks at them. Read from disk when first wanted; a name that
 * was not found then does not exist, whatever it says.
 */
export default async function page (app: FastifyInstance, { folders }: PageOptions): Promise<void> {
  let loading: Promise<ReadonlyMap<string, Asset>> | undefined
  const assets = () => loading ??= load(folders)

  async function send (name: string, request: FastifyRequest, reply: FastifyReply, policy = POLICY) {
    const asset = (await assets()).get(name)
    if (asset === undefined) return reply.callNotFound()
    reply.headers({ 'content-security-policy': policy, 'cache-control': 'no-cache', etag: asset.etag })
    if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send()
    return reply.type(asset.type).send(asset.content)
  }

  app.get('/', { schema: { hide: true } }, (request, reply) => send('page/index.html', request, reply))
  app.get('/graphiql', { schema: { hide: true } }, (request, reply) => send('graphiql/index.html', request, reply, GRAPHIQL_POLICY))
  app.get('/app/*', { schema: { hide: true } }, (request, reply) => send((request.params as { '*': string })['*'], request, reply))
}

async function load (folders: PageOptions['folders']): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>()
  for (const [path, folder] of folders) {
    for (const name of await readdir(folder).catch(() => [])) {
      const type = TYPES[extname(name)]
      if (type === undefined) continue
      const content = await readFile(join(folder, name))
      assets.set(`${path}/${name}`, { type, etag: `"${hash('sha256', content, 'base64url').slice(0, 22)}"`, content })
    }
  }
  return assets
}
