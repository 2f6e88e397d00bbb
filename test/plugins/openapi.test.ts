import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import openapi, { openApi } from '../../plugins/openapi.ts'
import rest from '../../plugins/rest.ts'
import { defineTool } from '../../src/tool.ts'
import { callFor, house, tools } from './app.ts'
import { ask, listen, type Json } from './ask.ts'

const other = defineTool({
  name: 'other_make',
  title: 'Make another',
  description: 'Makes one.',
  permission: 'wake',
  http: { method: 'POST', url: '/others', aliases: ['/others/make'] },
  input: Type.Object({ name: Type.String({ default: 'x' }) }, { additionalProperties: false }),
  output: {},
  team: null,
  handler: () => ({})
})

const options: Parameters<typeof openApi>[0] = {
  version: '1.2.3',
  async routes (app) { await app.register(rest, { prefix: '/api', tools: [...tools, other], call: callFor }) }
}

async function start (t: Test) {
  const { app } = await house(t)
  await app.register(openapi, options)
  return { port: await listen(app) }
}

t.test('the document has one operation for each tool, and nothing else', async t => {
  const { port } = await start(t)
  const { status, json: document } = await ask(port, 'GET', '/openapi.json')
  t.equal(status, 200)
  t.match(document, { openapi: '3.1.0', info: { title: 'Iris', version: '1.2.3' }, servers: [{ url: '.' }], externalDocs: { url: 'docs/events' } })
  t.strictSame(Object.keys(document.paths), ['/api/things/{teamName}', '/api/things/{teamName}/say', '/api/others'], 'no alias, no page')
  const { get, delete: remove } = document.paths['/api/things/{teamName}']
  t.match(get, { operationId: 'thing_get', summary: 'Get a thing', description: 'Shows what it was given.', tags: ['thing'], security: [{ key: [] }] })
  t.match(remove, { operationId: 'thing_delete' })
  t.strictSame(get.parameters.map(({ name, in: where, required }: Json) => [name, where, required]), [
    ['limit', 'query', false], ['deep', 'query', false], ['words', 'query', false], ['fromTeam', 'query', false], ['teamName', 'path', true]
  ])
  t.match(document.paths['/api/others'].post.requestBody.content['application/json'].schema, { type: 'object', properties: { name: { type: 'string', default: 'x' } }, additionalProperties: false })
  t.notOk(document.paths['/api/others'].post.requestBody.required, 'where all fields are optional, so is the body')
  t.match(get.responses['200'].content['application/json'].schema.required, ['given', 'speaker', 'timestamp'])
  t.strictSame(document.tags.map(({ name }: Json) => name), ['thing', 'other'])
  t.match(document.components.securitySchemes, { key: { type: 'http', scheme: 'bearer' } })
  t.strictSame(await openApi(options), document, 'no symbol, and nothing but JSON')
})

t.test('every operation says how it can be refused, and every reference leads somewhere', async t => {
  const { port } = await start(t)
  const { json: document, text } = await ask(port, 'GET', '/openapi.json')
  for (const [path, item] of Object.entries<Json>(document.paths)) {
    for (const [method, { responses, ...operation }] of Object.entries<Json>(item)) {
      const own = [...path.includes('{') ? ['404'] : [], ...method === 'post' ? ['413'] : [], ...method !== 'get' ? ['422'] : []]
      t.match(Object.keys(responses).sort(), ['200', '400', '401', '403', ...own, '429', 'default'], `${method} ${path}`)
      t.notOk(Object.keys(operation).some(key => key.startsWith('x-')))
    }
  }
  const references = [...text.matchAll(/"\$ref":"#([^"]+)"/g)].map(([, pointer]) => pointer!)
  t.ok(references.length > 0)
  for (const pointer of new Set(references)) t.ok(pointer.split('/').slice(1).reduce((node: Json, key) => node?.[key], document), pointer)
  t.notMatch(text, /def-\d/)
})

t.test('the document is the same each time it is made', async t => {
  const { port } = await start(t)
  const [one, two] = [await ask(port, 'GET', '/openapi.json'), await ask(port, 'GET', '/openapi.json')]
  t.equal(one.text, two.text)
  t.equal(one.text, JSON.stringify(await openApi(options)))
  t.notMatch(one.text, new RegExp(`${port}|127\\.0\\.0\\.1`), 'nothing of this machine in it')
})

t.test('the page at /docs is whole, needs no key, and loads nothing from elsewhere', async t => {
  const { port } = await start(t)
  const page = await ask(port, 'GET', '/docs')
  t.match(page, { status: 200, headers: { 'content-type': /text\/html/, 'content-security-policy': /default-src 'none'; script-src 'self';/, 'x-content-type-options': 'nosniff' } })
  t.notMatch(page.text, /<script>|https?:\/\//, 'no inline script, no foreign address')
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => new URL(path!, `http://127.0.0.1:${port}/docs`).pathname)
  t.ok(files.length > 3)
  for (const file of files) t.equal((await ask(port, 'GET', file)).status, 200, file)
  t.match(await ask(port, 'GET', '/docs/json'), { status: 200, json: { openapi: '3.1.0' } })
  t.notMatch(page.text, /(?:src|href)="\//, 'it may lie below a path of a proxy')
  for (const from of ['/docs/json', '/openapi.json']) {
    const seen = new URL(`https://host.example/iris${from}`)
    t.equal(new URL((await ask(port, 'GET', from)).json.servers[0].url, seen).href, 'https://host.example/iris/', `${from}: the server is where it lies`)
  }
  t.match((await ask(port, 'GET', '/openapi.json')).headers['content-security-policy'], /default-src 'none'/)

  const sheet = '/docs/static/swagger-ui.css'
  const { headers } = await ask(port, 'GET', sheet)
  t.equal((await ask(port, 'GET', sheet, { headers: { 'if-none-match': headers.etag as string } })).status, 304, 'it is not sent again to who has it')
  t.match(await ask(port, 'HEAD', sheet), { status: 200, text: '', headers: { 'content-length': headers['content-length'] } })
  t.match(await ask(port, 'GET', '/docs/static/nothing.js'), { status: 404, json: { error: 'NotFoundError' } })
})
