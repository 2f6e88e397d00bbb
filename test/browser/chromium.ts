import { existsSync } from 'node:fs'
import { chromium, type BrowserContextOptions } from 'playwright-core'
import type { Test } from 'tap'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** False where there is a browser; on CI there has to be one. */
export const noBrowser = existsSync(executablePath) || process.env.CI ? false : `no ${executablePath}; CHROMIUM names another`

/** A browser without a past. `complaints`: what its page's console and its own security policy find wrong. */
export async function browse (t: Test, options: BrowserContextOptions = {}) {
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  })
  t.teardown(() => browser.close())
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', err => { complaints.push(String(err)) })
  return { context, page, complaints }
}
