import type { Page } from 'playwright-core'

/** Comes by the link that `iris start` prints. */
export async function enter (page: Page, { url, key }: { url: string, key: string }) {
  await page.goto(`${url}/#key=${key}`)
  await page.locator('#connection[data-live=true]').waitFor()
}

export async function talkTo (page: Page, team: string) {
  await page.getByRole('button', { name: team, exact: true }).click()
}

export async function tell (page: Page, message: string) {
  await page.locator('#message').fill(message)
  await page.locator('#message').press('Enter')
}
