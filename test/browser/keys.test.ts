import t from 'tap'
import type { Page } from 'playwright-core'
import { asking } from '../fixtures/asking.ts'
import { browserFor, noBrowser } from './chromium.ts'
import { enter } from './visitor.ts'

const skip = { skip: noBrowser }
const browse = browserFor(t)

/** The panel, as a person sees it. */
function at (page: Page) {
  const row = (name: string) => page.locator('.key', { has: page.getByRole('heading', { name, exact: true }) })
  async function open () {
    await page.getByRole('button', { name: 'Keys', exact: true }).click()
    await row('admin').waitFor()
  }
  return { open, row, token: page.locator('#key-shown-text') }
}

t.test('an admin makes a key, copies it, makes it anew and revokes it', skip, async t => {
  const server = await asking(t, { teams: { echo: {}, other: {} } })
  const { page, complaints } = await browse(t, { permissions: ['clipboard-read', 'clipboard-write'] })
  const elsewhere: string[] = []
  page.on('request', request => { if (new URL(request.url()).origin !== server.url) elsewhere.push(request.url()) })
  await enter(page, server)
  const { open, row, token } = at(page)
  await open()
  t.match(await row('admin').textContent(), /valid.*this page's.*admin · all teams.*never ends · last used 0 s ago/)

  await page.getByText('New key').click()
  await page.getByLabel('Name').fill('ci')
  await page.getByRole('button', { name: 'Create key' }).click()
  t.equal(await page.locator('#key-make [name=permission]:invalid').count(), 1, 'one that may nothing is not made')
  await page.getByLabel('talk to teams').check()
  await page.getByLabel('see teams').check()
  await page.getByRole('checkbox', { name: 'other' }).check()
  await page.getByRole('button', { name: 'Create key' }).click()
  await token.waitFor()
  const first = await token.inputValue()
  t.match(server.services.keys.authenticate(first), { name: 'ci' })
  t.match(server.services.keys.list().find(({ name }) => name === 'ci'), { permissions: ['tell', 'status'], teams: ['other'], expiresAt: Number })
  await page.getByRole('button', { name: 'Copy', exact: true }).click()
  await page.getByRole('button', { name: 'Copied', exact: true }).waitFor()
  t.equal(await page.evaluate('navigator.clipboard.readText()'), first)
  await page.getByRole('button', { name: 'Done' }).click()
  t.equal(await page.evaluate('document.getElementById("key-shown-text").value + JSON.stringify({ ...sessionStorage })').then(text => String(text).includes(first)), false, 'nothing keeps it')

  await page.getByRole('button', { name: 'Rotate the key ci' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click()
  t.ok(server.services.keys.authenticate(first))
  await page.getByRole('button', { name: 'Rotate the key ci' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
  await token.waitFor()
  const second = await token.inputValue()
  t.same([server.services.keys.authenticate(first), server.services.keys.authenticate(second)?.name], [null, 'ci'])

  await page.getByRole('button', { name: 'Revoke the key ci' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await row('ci').locator('.state', { hasText: 'revoked' }).waitFor()
  t.equal(server.services.keys.authenticate(second), null)
  t.equal(await row('ci').getByRole('button').count(), 0)
  t.same(complaints, [])
  t.same(elsewhere, [], 'nothing comes from anywhere else')
  t.same(server.errors, [])
})

t.test('what may not be done is said, and a key of config.yaml has no buttons', skip, async t => {
  const server = await asking(t, { api: { apiKeys: [{ name: 'from config', key: 'a-long-enough-secret', permissions: ['tell'] }] } })
  const { page } = await browse(t)
  await enter(page, server)
  const { open, row } = at(page)
  await open()
  t.match(await row('from config').textContent(), 'in config.yaml')
  t.equal(await row('from config').getByRole('button').count(), 0)
  await page.getByRole('button', { name: 'Revoke the key admin' }).click()
  t.match(await page.getByRole('dialog').textContent(), /the key of this page/)
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await page.locator('#trouble', { hasText: "'admin' is the last" }).waitFor()
  await row('admin').locator('button:not([aria-disabled])', { hasText: 'Revoke' }).waitFor()
  t.ok(await page.locator('#trouble').isVisible(), 'and stays said once all is done')
})

t.test('the page goes on with its own key made anew, also after a reload and a lost connection; revoked, it asks for another', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await enter(page, server)
  const { open, token } = at(page)
  await open()
  await page.getByRole('button', { name: 'Rotate the key admin' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
  await token.waitFor()
  t.equal(server.services.keys.authenticate(server.key), null)
  server.app.server.closeAllConnections()
  await page.locator('#connection[data-live=false]').waitFor()
  await page.locator('#connection[data-live=true]').waitFor()
  await page.reload()
  await page.locator('#connection[data-live=true]').waitFor()

  server.makeKey({ name: 'deputy' })
  await open()
  await page.getByRole('button', { name: 'Revoke the key admin' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await page.locator('#trouble', { hasText: 'wrong, expired or revoked' }).waitFor()
  await page.getByLabel('Key', { exact: true }).waitFor()
})

t.test('who may not manage keys sees nothing of them', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await enter(page, { url: server.url, key: server.makeKey({ permissions: ['status', 'tell', 'cache:read'] }) })
  await page.getByRole('button', { name: 'echo', exact: true }).waitFor()
  t.equal(await page.getByRole('button', { name: 'Keys' }).count(), 0)
  t.equal(await page.locator('#keys').isVisible(), false)
})

t.test('with the keyboard alone one tells a team, decides what it asks, and makes and revokes a key', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await enter(page, server)
  const { token } = at(page)
  const { keyboard } = page
  const focused = () => page.evaluate('(document.activeElement.getAttribute("aria-label") ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent).trim()') as Promise<string>
  /** Goes to what has this name; it has to be on the way. */
  async function to (name: string) {
    for (let steps = 0; steps < 60; steps++) {
      await keyboard.press('Tab')
      if (await focused() === name) return
    }
    t.fail(`Tab does not lead to ${name}`)
  }

  await to('echo')
  await keyboard.press('Enter')
  await page.getByLabel('Message to echo').waitFor()
  t.equal(await focused(), 'Message to echo', 'one may write at once')
  await keyboard.type('!ask Write {"file_path":"a.txt","content":"hello"}')
  await keyboard.press('Enter')
  await page.locator('.question').waitFor()
  await to('Allow')
  await keyboard.press('Space')
  await page.locator('.turn .steps', { hasText: 'echo: allowed: Write' }).waitFor()
  t.equal(await focused(), 'Questions')

  await to('Keys')
  await keyboard.press('Enter')
  await page.locator('.key', { hasText: 'admin' }).waitFor()
  await to('New key')
  await keyboard.press('Enter')
  await to('Name')
  await keyboard.type('by hand')
  await to('tell talk to teams, cancel tells')
  await keyboard.press('Space')
  await keyboard.press('Enter')
  await token.waitFor()
  t.match(server.services.keys.authenticate(await token.inputValue()), { name: 'by hand' })
  t.equal(await focused(), 'Copy')
  await to('Done')
  await keyboard.press('Enter')
  await to('Revoke the key by hand')
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  t.equal(await focused(), 'Keep it', 'what does no harm comes first')
  await keyboard.press('Escape')
  t.equal(await focused(), 'Revoke the key by hand', 'back where one was')
  t.ok(server.services.keys.named('by hand'))
  // The dialog tells of its end a moment after it is gone.
  await page.locator(':focus:not([aria-disabled])').waitFor()
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await to('Revoke')
  await keyboard.press('Enter')
  await page.locator('.key', { hasText: 'by hand' }).locator('.state', { hasText: 'revoked' }).waitFor()
  t.equal(server.services.keys.named('by hand'), null)
})
