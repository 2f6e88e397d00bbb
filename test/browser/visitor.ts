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

/** In Swagger UI: authorizes, tries team_tell; what it shows of the answer. */
export async function tryTell (page: Page, key: string, message: string): Promise<{ example: unknown, status: string | undefined, text: string | null }> {
  await page.locator('.auth-wrapper button.authorize').click()
  await page.locator('#auth-bearer-value').fill(key)
  await page.locator('.auth-btn-wrapper button.authorize').click()
  await page.locator('.auth-btn-wrapper button.btn-done').click()
  const operation = page.locator('#operations-team-team_tell')
  await operation.locator('.opblock-summary').click()
  const example = JSON.parse(await operation.locator('textarea').inputValue()) as unknown
  await operation.locator('textarea').fill(JSON.stringify({ toTeam: 'echo', message }))
  await operation.getByRole('button', { name: 'Execute' }).click()
  const response = operation.locator('.live-responses-table tr.response')
  await response.waitFor()
  return { example, status: (await response.locator('.response-col_status').textContent())?.trim().slice(0, 3), text: await response.textContent() }
}
