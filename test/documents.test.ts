import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Parser } from '@asyncapi/parser'
import { createConfig, lint } from '@redocly/openapi-core'
import t from 'tap'
import { asyncApiDocument, graphqlDocument } from '../src/app.ts'
import { tools } from '../src/tools/index.ts'
import { run } from './fixtures/running.ts'
import { root } from './fixtures/root.ts'

const committed = (name: string) => readFileSync(join(root, name), 'utf8')
const DOCUMENTS = ['openapi.json', 'asyncapi.json']

t.test('asyncapi.json is fresh: `npm run openapi` writes it', async t => {
  t.equal(committed('asyncapi.json'), JSON.stringify(asyncApiDocument(), null, 2) + '\n')
})

t.test('schema.graphql is fresh: `npm run openapi` writes it', async t => {
  t.equal(committed('schema.graphql'), await graphqlDocument())
})

t.test('the official parser of AsyncAPI finds nothing', async t => {
  const { document, diagnostics } = await new Parser().parse(committed('asyncapi.json'))
  t.strictSame(diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version').map(({ code, message }) => [code, message]), [])
  const names = new Set(document!.allMessages().all().map(message => message.name()))
  for (const { name, socket } of tools) for (const event of [name, ...(socket === undefined ? [] : [socket.event])]) t.ok(names.has(event.replaceAll(':', '.')), `${event} is a request`)
  for (const name of ['hello', 'resume', 'resume.resumed', 'caught_up', 'tell.chunk', 'cache.message', 'approval.requested', 'auth']) t.ok(names.has(name), name)
})

t.test('a linter of both finds nothing', async t => {
  const config = await createConfig({ extends: ['recommended-strict'] })
  for (const name of DOCUMENTS) {
    const problems = await lint({ ref: join(root, name), config })
    t.strictSame(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]), [], name)
  }
})

t.test('the documents can be read where the server runs', async t => {
  const { url } = await run(t)
  t.strictSame(await (await fetch(`${url}/asyncapi.json`)).json(), JSON.parse(committed('asyncapi.json')))
  const page = await fetch(`${url}/docs/events`)
  t.match(page.headers.get('content-security-policy'), /^default-src 'none'; style-src 'unsafe-inline'/)
  const html = await page.text()
  for (const words of ['team_tell', 'tell.chunk', 'caught_up']) t.match(html, `id="${words}"`)
  t.same([...html.matchAll(/href="([^"]+)"/g)].map(([, link]) => new URL(link!, 'https://host.example/iris/docs/events').pathname), ['/iris/asyncapi.json', '/iris/docs'], 'also below a path of a proxy')
})
