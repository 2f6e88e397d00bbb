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
  const complaints: string[] = []
  page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', err => { complaints.push(String(err)) })

  await page.goto(`${server.url}/docs`)
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.getByLabel('Value:').or(page.locator('.auth-container input')).first().fill(server.key)
  await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Apply credentials' }).or(page.locator('.auth-btn-wrapper button.authorize')).first().click()
  await page.locator('.auth-btn-wrapper button.btn-done').click()

  const operation = page.locator('#operations-team-team_tell')
  await operation.locator('.opblock-summary').click()
  await operation.locator('textarea').fill(JSON.stringify({ toTeam: 'echo', message: 'Hello from the browser' }))
  await operation.getByRole('button', { name: 'Execute' }).click()
  const answer = operation.locator('.live-responses-table .response-col_description').first()
  await answer.getByText('echo: Hello from the browser').waitFor()
  t.equal((await operation.locator('.live-responses-table .response-col_status').first().textContent())?.trim().slice(0, 3), '200')
  t.same(complaints, [], 'the page has nothing to complain about')

  const pictures = join(root, '.cache/screenshots')
  mkdirSync(pictures, { recursive: true })
  await operation.screenshot({ path: join(pictures, 'swagger-tell.png') })
  await page.evaluate('window.scrollTo(0, 0)')
  await page.screenshot({ path: join(pictures, 'swagger.png') })
  t.same(server.errors, [])
})
