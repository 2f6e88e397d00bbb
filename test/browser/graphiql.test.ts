import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { root } from '../fixtures/root.ts'
import { run } from '../fixtures/running.ts'
import { browserFor, noBrowser } from './chromium.ts'

const skip = { skip: noBrowser }
const browse = browserFor(t)
const pictures = join(root, '.cache/screenshots')
mkdirSync(pictures, { recursive: true })

/** Puts a document in the place of the one that stands there. */
async function write (page: Page, document: string) {
  // The editor closes brackets by itself, so it is not typed.
  await page.locator('.graphiql-query-editor .CodeMirror').evaluate((editor, text) => { (editor as HTMLElement & { CodeMirror: { setValue (text: string): void } }).CodeMirror.setValue(text) }, document)
  // While it sees several operations, its button asks which one.
  await page.locator('.graphiql-execute-button:not([aria-haspopup])').waitFor()
}
const perform = (page: Page) => page.locator('.graphiql-execute-button').click()
const answered = (page: Page, text: string | RegExp) => page.locator('.graphiql-response .CodeMirror', { hasText: text }).waitFor()

t.test('in GraphiQL one gives a key, reads the schema, asks, tells and hears what happens', skip, async t => {
  const server = await run(t)
  const { page, complaints } = await browse(t, { viewport: { width: 1280, height: 900 } })
  const foreign: string[] = []
  page.on('request', request => { if (new URL(request.url()).origin !== server.url && !request.url().startsWith('data:')) foreign.push(request.url()) })

  await page.goto(`${server.url}/graphiql`)
  await answered(page, /UnauthorizedError/)
  await answered(page, /A key is needed/)
  t.match(complaints, [/401/], 'but for that there is nothing to complain about')
  complaints.length = 0
  await page.screenshot({ path: join(pictures, 'graphiql-no-key.png') })

  await page.locator('#key').fill(server.key)
  const introspected = page.waitForResponse(response => response.url().endsWith('/graphql') && response.request().postData()!.includes('__schema'))
  await page.locator('#key-form button').click()
  const { data } = await (await introspected).json() as { data: { __schema: { types: unknown[] } } }
  t.ok(data.__schema.types.length > 30)
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
  await page.locator('.graphiql-doc-explorer', { hasText: 'subscription' }).waitFor()
  await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click()

  await write(page, '{ team_list { teams { name state } } }')
  await perform(page)
  await answered(page, /"name": "echo"/)

  await write(page, 'mutation { team_tell (toTeam: "echo", message: "Hello from GraphiQL") { response } }')
  await perform(page)
  await answered(page, /"response": "echo: Hello from GraphiQL"/)
  await page.screenshot({ path: join(pictures, 'graphiql.png') })

  await write(page, 'subscription { event_stream { event ... on StoredEvent { seq payload } } }')
  await perform(page)
  await answered(page, /"resumed"|"caught_up"/)
  const { tellId } = await server.services.tells.start({ from: 'page', to: 'echo', message: '!say heard', caller: 'x' })
  await answered(page, tellId)
  await page.screenshot({ path: join(pictures, 'graphiql-events.png') })
  await perform(page) // stops it

  await write(page, '{ team_list { teams { nothing } } }')
  await perform(page)
  await answered(page, /Cannot query field/)
  t.same(complaints.filter(said => !/400/.test(said)), [])
  t.same(foreign, [], 'nothing is loaded from elsewhere')
  t.same(server.errors, [])
})

t.test('a key that the live page keeps is used, and one in the headers of an operation goes before it', skip, async t => {
  const server = await run(t)
  const { page } = await browse(t, { viewport: { width: 1280, height: 900 } })
  await page.goto(`${server.url}/#key=${server.key}`)
  await page.locator('#connection[data-live=true]').waitFor()
  const introspected = page.waitForResponse(response => response.url().endsWith('/graphql') && response.request().postData()!.includes('__schema'))
  await page.goto(`${server.url}/graphiql`)
  t.equal((await introspected).status(), 200)
  t.equal(await page.locator('#key').inputValue(), server.key)
  await write(page, '{ system_status { version } }')
  await perform(page)
  await answered(page, /"version"/)

  await page.getByRole('button', { name: 'Headers', exact: true }).click()
  await page.locator('.graphiql-editor-tool .CodeMirror:visible').evaluate((editor, text) => { (editor as HTMLElement & { CodeMirror: { setValue (text: string): void } }).CodeMirror.setValue(text) }, '{ "Authorization": "Bearer iris_sk_wrong" }')
  await perform(page)
  await answered(page, /wrong, expired or revoked/)
  await write(page, 'subscription { event_stream { event } }')
  await perform(page)
  await answered(page, /The socket was closed: 4401/)
})
