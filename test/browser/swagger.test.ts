import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import t from 'tap'
import { root } from '../fixtures/root.ts'
import { run } from '../fixtures/running.ts'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

t.test('in Swagger UI one authorizes, tries team_tell and sees the answer', { skip: existsSync(executablePath) || process.env.CI ? false : `no ${executablePath}; CHROMIUM names another` }, async t => {
  const server = await run(t)
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  })
  t.teardown(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } })
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', err => { complaints.push(String(err)) })

  await page.goto(`${server.url}/docs`)
  await page.locator('.auth-wrapper button.authorize').click()
  await page.locator('#auth-bearer-value').fill(server.key)
  await page.locator('.auth-btn-wrapper button.authorize').click()
  await page.locator('.auth-btn-wrapper button.btn-done').click()

  const operation = page.locator('#operations-team-team_tell')
  await operation.locator('.opblock-summary').click()
  t.same(JSON.parse(await operation.locator('textarea').inputValue()), { toTeam: 'echo', message: 'Hello' }, 'the example works as it is')
  await operation.locator('textarea').fill(JSON.stringify({ toTeam: 'echo', message: 'Hello from the browser' }))
  await operation.getByRole('button', { name: 'Execute' }).click()
  const response = operation.locator('.live-responses-table tr.response')
  await response.waitFor()
  t.match(await response.textContent(), /echo: Hello from the browser/)
  t.equal((await response.locator('.response-col_status').textContent())?.trim().slice(0, 3), '200')
  await page.evaluate('document.activeElement.blur()')
  t.same(complaints, [], 'the page has nothing to complain about')

  const pictures = join(root, '.cache/screenshots')
  mkdirSync(pictures, { recursive: true })
  await operation.screenshot({ path: join(pictures, 'swagger-tell.png') })
  await page.evaluate('window.scrollTo(0, 0)')
  await page.screenshot({ path: join(pictures, 'swagger.png') })
  t.same(server.errors, [])
})
