import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { asking } from '../fixtures/asking.ts'
import { root } from '../fixtures/root.ts'
import { browserFor, noBrowser } from './chromium.ts'
import { enter, talkTo, tell } from './visitor.ts'

const pictures = join(root, '.cache/screenshots')
mkdirSync(pictures, { recursive: true })
const skip = { skip: noBrowser }
const browse = browserFor(t)
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe calls serious or critical. */
async function violations (t: Test, page: Page) {
  await page.evaluate(axe)
  const { violations, passes } = await page.evaluate('axe.run(document)') as { violations: { id: string, impact: string, nodes: { html: string, failureSummary: string }[] }[], passes: object[] }
  t.ok(passes.length > 10, 'axe looked')
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`)
}

t.test('without a key the page asks for one, and says when it is wrong', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await page.goto(server.url)
  await page.getByLabel('Key', { exact: true }).fill('wrong')
  await page.getByRole('button', { name: 'Enter' }).click()
  await page.locator('#trouble', { hasText: 'wrong, expired or revoked' }).waitFor()
  await page.getByLabel('Key', { exact: true }).fill(server.key)
  await page.getByRole('button', { name: 'Enter' }).click()
  await page.locator('#connection[data-live=true]').waitFor()
  t.same(await violations(t, page), [])
  await page.getByRole('button', { name: 'Forget key' }).click()
  await page.getByLabel('Key', { exact: true }).waitFor()
  t.same(await violations(t, page), [])
})

/** How much the edge of a field stands out from what is around it; 3 at least, says WCAG 1.4.11. */
async function edgeOf (page: Page, selector: string): Promise<number> {
  return await page.evaluate(`(() => {
    const lightness = colour => {
      const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
      return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    }
    const { borderTopColor, backgroundColor } = getComputedStyle(document.querySelector('${selector}'))
    const [dark, light] = [lightness(borderTopColor), lightness(backgroundColor)].sort((a, b) => a - b)
    return light / dark
  })()`) as number
}

for (const [name, viewport] of [['a phone that lies', { width: 740, height: 360 }], ['a phone with its keyboard open', { width: 375, height: 350 }], ['a wide window that is zoomed', { width: 1000, height: 420 }]] as const) {
  t.test(`where there is little room above each other, what was said can be read and all be reached: ${name}`, skip, async t => {
    const server = await asking(t)
    const { page } = await browse(t, { viewport })
    await enter(page, server)
    await talkTo(page, 'echo')
    for (const n of [1, 2, 3]) {
      await tell(page, `Message ${n}`)
      await page.locator(`.turn:nth-child(${n}) .end`, { hasText: ' in · ' }).waitFor()
    }
    const said = (await page.locator('#turns').boundingBox())!
    const newest = (await page.locator('.turn:nth-child(3) .steps').boundingBox())!
    t.ok(said.height >= 100)
    t.ok(newest.y >= said.y && newest.y + newest.height <= said.y + said.height, 'the newest answer is in sight')
    const cut = await page.evaluate('[...document.querySelectorAll(\'#talk > *\')].filter(node => node.getBoundingClientRect().bottom > document.getElementById(\'talk\').getBoundingClientRect().bottom + 1).map(node => node.id)')
    t.same(cut, [], 'nothing hangs out of its box')
    t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
  })
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
    for (const field of ['#message', '#key-name', '#key-ends']) t.ok(await edgeOf(page, field) >= 3, `the edge of ${field}: ${await edgeOf(page, field)}`)
    const views = name === 'phone' ? ['Teams', 'Talk', 'Questions', 'Events'] : ['all']
    for (const view of views) {
      if (view !== 'all') await page.getByRole('navigation').getByRole('button', { name: view }).click()
      if (/^(all|Talk)$/.test(view)) await page.locator('#turns details').last().locator('summary').click()
      t.same(await violations(t, page), [], view)
      t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing is wider than the screen')
      await page.screenshot({ path: join(pictures, `page-${name}${view === 'all' ? '' : `-${view.toLowerCase()}`}.png`) })
    }

    await page.locator('[data-to=keys]:visible').click()
    await page.getByText('New key').click()
    await page.getByLabel('Name').fill('dashboard')
    await page.getByLabel('see teams').check()
    await page.getByRole('checkbox', { name: 'backend' }).check()
    const looked = async (what: string) => {
      t.same(await violations(t, page), [], what)
      t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing is wider than the screen')
      await page.screenshot({ path: join(pictures, `page-${name}-${what}.png`) })
    }
    await looked('key-form')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.locator('#key-shown').waitFor()
    await page.getByText('New key').click()
    await looked('keys')
    await page.getByRole('button', { name: 'Revoke the key dashboard' }).click()
    await looked('confirm')
  })
}
