import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { asking, writes } from '../fixtures/asking.ts'
import { root } from '../fixtures/root.ts'
import { browse, noBrowser } from './chromium.ts'

const pictures = join(root, '.cache/screenshots')
mkdirSync(pictures, { recursive: true })
const skip = { skip: noBrowser }

async function enter (page: Page, { url, key }: { url: string, key: string }) {
  await page.goto(`${url}/#key=${key}`)
  await page.locator('#connection[data-live=true]').waitFor()
}

async function talkTo (page: Page, team: string) {
  await page.getByRole('button', { name: team, exact: true }).click()
}

async function tell (page: Page, message: string) {
  await page.locator('#message').fill(message)
  await page.locator('#message').press('Enter')
}

t.test('with the key of a link one tells a team and watches the answer grow', skip, async t => {
  const server = await asking(t)
  const { page, complaints } = await browse(t)
  await enter(page, server)
  t.equal(page.url(), `${server.url}/`, 'the key is gone from the address bar')

  await talkTo(page, 'echo')
  await page.evaluate(`
    window.seen = []
    new MutationObserver(() => { const last = [...document.querySelectorAll('.answer')].at(-1); if (last && window.seen.at(-1) !== last.textContent) window.seen.push(last.textContent) })
      .observe(document.getElementById('turns'), { childList: true, subtree: true, characterData: true })`)
  await tell(page, '!slow 6 100 one two three four five six <b>seven</b>')
  await page.locator('.turn .end', { hasText: ' in · ' }).waitFor()
  t.equal(await page.locator('.turn .steps').innerText(), 'one two three four five six <b>seven</b>', 'what looks like HTML is text')
  const seen = await page.evaluate('window.seen') as string[]
  t.ok(seen.filter(Boolean).length >= 3, `it grew: ${JSON.stringify(seen)}`)
  t.match(await page.locator('#said').textContent(), /^echo has answered: one two/)
  await page.locator('.team', { hasText: 'with admin' }).locator('.row .state[data-state=idle]').waitFor()
  t.same(complaints, [])
  t.same(server.errors, [])
})

t.test('a connection that is lost in the middle of an answer, and a reload, lose nothing of it', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await enter(page, server)
  await talkTo(page, 'echo')
  const words = Array.from({ length: 30 }, (_, n) => `word${n}`).join(' ')
  await tell(page, `!slow 30 150 ${words}`)
  await page.locator('.answer', { hasText: 'word3' }).waitFor()
  server.app.server.closeAllConnections()
  await page.locator('#connection[data-live=false]').waitFor()
  await page.locator('#connection[data-live=true]').waitFor()
  await page.locator('.answer', { hasText: 'word9' }).waitFor()
  await page.reload()
  await page.locator('.turn .end', { hasText: ' in · ' }).waitFor()
  t.equal(await page.locator('.turn').count(), 1)
  t.equal(await page.locator('.turn .steps').innerText(), words)
  t.ok(await page.locator('#event-list li').count() > 3, 'what happened before the reload is listed')
  t.same(server.errors, [])
})

t.test('a question is seen with its change, and allowed', skip, async t => {
  const server = await asking(t)
  const { page, complaints } = await browse(t)
  await enter(page, server)
  await talkTo(page, 'echo')
  await tell(page, writes('a.txt'))
  const question = page.locator('.question')
  await question.waitFor()
  t.match(await question.locator('h3').textContent(), 'echo asks to use Write')
  t.match(await question.locator('.line.added').textContent(), /added: \+ hello/)
  t.match(await question.textContent(), /Denied in [45]:\d\d/)
  t.match(await page.title(), '(1) Iris')
  await question.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.locator('.turn .steps', { hasText: 'echo: allowed: Write' }).waitFor()
  t.equal(server.written('a.txt'), 'hello')
  t.equal(await page.locator('.question').count(), 0)
  t.same(complaints, [])
})

t.test('a running tell is cancelled, a team sleeps and wakes', skip, async t => {
  const server = await asking(t)
  const { page, complaints } = await browse(t)
  await enter(page, server)
  await talkTo(page, 'echo')
  await tell(page, '!hang')
  await page.locator('.answer', { hasText: 'hanging' }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.locator('.turn .end.bad', { hasText: 'cancelled' }).waitFor()
  await page.getByRole('button', { name: 'Sleep echo' }).click()
  await page.getByRole('button', { name: 'Wake echo' }).click()
  await page.getByRole('button', { name: 'Sleep echo' }).waitFor()
  t.same(complaints, [])
})

t.test('without a key the page asks for one, and says when it is wrong', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await page.goto(server.url)
  await page.getByLabel('Key').fill('wrong')
  await page.getByRole('button', { name: 'Enter' }).click()
  await page.locator('#trouble', { hasText: 'wrong, expired or revoked' }).waitFor()
  await page.getByLabel('Key').fill(server.key)
  await page.getByRole('button', { name: 'Enter' }).click()
  await page.locator('#connection[data-live=true]').waitFor()
  t.same(await violations(t, page), [])
  await page.getByRole('button', { name: 'Forget key' }).click()
  await page.getByLabel('Key').waitFor()
  t.same(await violations(t, page), [])
})

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe calls serious or critical. */
async function violations (t: Test, page: Page) {
  await page.evaluate(axe)
  const { violations, passes } = await page.evaluate('axe.run(document)') as { violations: { id: string, impact: string, nodes: { html: string, failureSummary: string }[] }[], passes: object[] }
  t.ok(passes.length > 10, 'axe looked')
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`)
}

for (const [name, options] of [
  ['wide', { viewport: { width: 1360, height: 850 } }],
  ['dark', { viewport: { width: 1360, height: 850 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true }]
] as const) {
  t.test(`who needs help to read it gets it: ${name}`, skip, async t => {
    const server = await asking(t, {
      teams: { echo: { permissions: 'ask', description: 'Says what it is told' }, backend: { permissions: 'ask', description: 'Services and the database' }, frontend: { permissions: 'deny', description: 'The web application' } }
    })
    const { page } = await browse(t, options)
    await enter(page, server)
    await talkTo(page, 'backend')
    await tell(page, 'Hello, what do you do?')
    await page.locator('.turn .end', { hasText: ' in · ' }).waitFor()
    await tell(page, '!blocks')
    await page.locator('.turn:nth-child(2) .end', { hasText: ' in · ' }).waitFor()
    await tell(page, `!ask Edit ${JSON.stringify({ file_path: 'src/price.ts', old_string: 'export function price (n) {\n  return n * 2\n}\n', new_string: 'export function price (n: number) {\n  if (n < 0) throw new RangeError()\n  return n * 2\n}\n' })}`)
    await page.locator('.question').waitFor({ state: 'attached' })
    const views = name === 'phone' ? ['Teams', 'Talk', 'Questions', 'Events'] : ['all']
    for (const view of views) {
      if (view !== 'all') await page.getByRole('navigation').getByRole('button', { name: view }).click()
      if (/^(all|Talk)$/.test(view)) await page.locator('details').last().locator('summary').click()
      t.same(await violations(t, page), [], view)
      t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing is wider than the screen')
      await page.screenshot({ path: join(pictures, `page-${name}${view === 'all' ? '' : `-${view.toLowerCase()}`}.png`) })
    }
  })
}
