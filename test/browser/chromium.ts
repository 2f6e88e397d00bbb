import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions } from 'playwright-core'
import type { Test } from 'tap'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** False where there is a browser; on CI there has to be one. */
export const noBrowser = existsSync(executablePath) || process.env.CI ? false : `no ${executablePath}; CHROMIUM names another`

/** One browser for all tests of a file, launched by the first; each gets pages without a past. */
export function browserFor (file: Test, args: string[] = []) {
  let launching: Promise<Browser> | undefined
  file.teardown(async () => { await (await launching)?.close() })
  /** `complaints`: what the page's console, where its policy speaks too, and its own code find wrong. */
  return async (t: Test, options: BrowserContextOptions = {}) => {
    const browser = await (launching ??= chromium.launch({ executablePath, args: [...ARGS, ...args] }))
    const context = await browser.newContext(options)
    t.teardown(() => context.close())
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    const complaints: string[] = []
    page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
    page.on('pageerror', err => { complaints.push(String(err)) })
    return { page, complaints }
  }
}
