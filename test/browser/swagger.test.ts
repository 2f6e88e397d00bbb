import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/root.ts'
import { run } from '../fixtures/running.ts'
import { browserFor, noBrowser } from './chromium.ts'
import { tryTell } from './visitor.ts'

const browse = browserFor(t)

t.test('in Swagger UI one authorizes, tries team_tell and sees the answer', { skip: noBrowser }, async t => {
  const server = await run(t)
  const { page, complaints } = await browse(t, { viewport: { width: 1280, height: 1400 } })
  await page.goto(`${server.url}/docs`)
  await page.getByRole('button', { name: 'Authorize' }).waitFor()
  t.notOk(await page.locator('#servers').isVisible(), 'there is no choice of one server')
  const tried = await tryTell(page, server.key, 'Hello from the browser')
  t.same(tried.example, { toTeam: 'echo', message: 'Hello' }, 'the example works as it is')
  t.match(tried, { status: '200', text: /echo: Hello from the browser/ })
  await page.evaluate('document.activeElement.blur()')
  t.same(complaints, [], 'the page has nothing to complain about')
  t.equal(await page.getByRole('link', { name: "The WebSocket's requests and events" }).getAttribute('href'), `${server.url}/docs/events`)

  const pictures = join(root, '.cache/screenshots')
  mkdirSync(pictures, { recursive: true })
  await page.locator('#operations-team-team_tell').screenshot({ path: join(pictures, 'swagger-tell.png') })
  await page.evaluate('window.scrollTo(0, 0)')
  await page.screenshot({ path: join(pictures, 'swagger.png') })
  t.same(server.errors, [])
})
