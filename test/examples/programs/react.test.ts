import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { browserFor, noBrowser } from '../../browser/chromium.ts'
import { root } from '../../fixtures/root.ts'
import { run, type Running } from '../../fixtures/running.ts'

const folder = join(root, 'examples/react')
const browse = browserFor(t)

/** The example's page, bundled as its head says, on an origin of its own. */
async function page (t: Test, url: (origin: string) => Promise<string>): Promise<string> {
  const { outputFiles: [script] } = await build({
    entryPoints: [join(folder, 'main.tsx')], bundle: true, format: 'esm', jsx: 'automatic', write: false, logLevel: 'silent', alias: { 'iris-client': join(root, 'clients/js/src/index.ts') }
  })
  let html = ''
  const server = createServer((request, response) => {
    if (request.url === '/main.js') response.setHeader('content-type', 'text/javascript').end(script!.text)
    else if (request.url === '/') response.setHeader('content-type', 'text/html').end(html)
    else response.writeHead(204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const iris = await url(origin)
  html = readFileSync(join(folder, 'index.html'), 'utf8').replace('http://127.0.0.1:1615', iris)
  return origin
}

async function open (t: Test, grant: Parameters<Running['makeKey']>[0] = { permissions: ['tell', 'cache:read'], teams: ['echo'], as: ['ann'] }) {
  let server: Running | undefined
  const origin = await page(t, async origin => (server = await run(t, { api: { cors: [origin] } })).url)
  const { page: tab, complaints } = await browse(t)
  await tab.addInitScript({ content: `sessionStorage.setItem('iris.key', '${server!.makeKey(grant)}')` })
  await tab.goto(origin)
  return { tab, complaints, server: server! }
}

async function tell (tab: Page, message: string) {
  await tab.getByLabel('Message').fill(message)
  await tab.getByRole('button', { name: 'Tell echo' }).click()
}

const answers = (tab: Page) => tab.locator('blockquote').allTextContents()

t.test('the types fit', async t => {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' })
  t.equal(status, 0, stdout)
})

t.test('the answer grows on the page, and a reload finds it again', { skip: noBrowser }, async t => {
  const { tab, complaints, server } = await open(t)
  await tab.evaluate(`
    window.seen = []
    new MutationObserver(() => { window.seen.push(document.querySelector('blockquote')?.textContent ?? '') })
      .observe(document.getElementById('root'), { childList: true, subtree: true, characterData: true })`)
  await tell(tab, '!slow 6 100 one two three four five six <b>seven</b>')
  await tab.locator('li[aria-busy=false]').waitFor()
  t.same(await answers(tab), ['one two three four five six <b>seven</b>'])
  const seen = new Set(await tab.evaluate('window.seen') as string[])
  t.ok(seen.size > 3, `it grew: ${JSON.stringify([...seen])}`)
  await tell(tab, 'and now?')
  await tab.locator('li[aria-busy=false]').nth(1).waitFor()
  await tab.reload()
  await tab.locator('li[aria-busy=false]').nth(1).waitFor()
  t.same(await answers(tab), ['one two three four five six <b>seven</b>', 'echo: and now?'])
  t.same(await tab.locator('li > p').allTextContents(), ['!slow 6 100 one two three four five six <b>seven</b>', 'and now?'])
  t.same(complaints, [])
  t.same(server.errors, [])
})

t.test('a connection that is lost in the middle of an answer loses nothing of it', { skip: noBrowser }, async t => {
  const { tab, server } = await open(t)
  const words = Array.from({ length: 20 }, (_, n) => `word${n}`).join(' ')
  await tell(tab, `!slow 20 150 ${words}`)
  for (const word of ['word2', 'word6']) {
    await tab.locator('blockquote', { hasText: word }).waitFor()
    server.app.server.closeAllConnections()
  }
  await tab.locator('li[aria-busy=false]').waitFor()
  t.same(await answers(tab), [words])
  t.equal(server.services.tells.list({}, { limit: 9 }).rows.length, 1)
})

t.test('what fails is said', { skip: noBrowser }, async t => {
  const { tab } = await open(t)
  await tell(tab, '!fail no more paper')
  await tab.getByRole('alert').filter({ hasText: 'no more paper' }).waitFor()
  const other = await open(t, { permissions: ['status'] })
  await tell(other.tab, 'Hello')
  await other.tab.getByRole('alert').filter({ hasText: "'tell'" }).waitFor()
  t.same(await answers(other.tab), [])
})
