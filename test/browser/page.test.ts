import t from 'tap'
import { asking, writes } from '../fixtures/asking.ts'
import { browserFor, noBrowser } from './chromium.ts'
import { enter, talkTo, tell } from './visitor.ts'

const skip = { skip: noBrowser }
const browse = browserFor(t)

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

t.test('that the server does not answer is said while it is so, and no longer', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await enter(page, server)
  await talkTo(page, 'echo')
  await page.route('**/api/**', async route => { await route.abort() })
  server.app.server.closeAllConnections()
  await page.locator('#connection[data-live=false]').waitFor()
  await tell(page, 'said to nobody')
  await page.locator('#trouble', { hasText: 'does not answer' }).waitFor()
  t.equal(await page.locator('#message').inputValue(), 'said to nobody', 'it can be sent again')
  await page.unroute('**/api/**')
  await page.locator('#connection[data-live=true]').waitFor()
  t.ok(await page.locator('#trouble').isHidden())
  t.same(server.errors, [])
})

t.test('where the page cannot begin it says why, and not that it connects', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await page.goto(server.url)
  await page.getByLabel('Key', { exact: true }).waitFor()
  t.equal(await page.locator('#connection').getAttribute('data-live'), null, 'no mark of a connection stands without its word')
  await page.route('**/api/events?**', async route => {
    await route.fulfill({ status: 429, headers: { 'retry-after': '900' }, json: { error: 'RateLimitedError', message: 'More than 3 requests', statusCode: 429 } })
  })
  await page.getByLabel('Key', { exact: true }).fill(server.key)
  await page.getByRole('button', { name: 'Enter' }).click()
  await page.locator('#trouble', { hasText: 'More than 3 requests' }).waitFor()
  t.equal(await page.locator('#connection').textContent(), '')
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

t.test('a person allows something else than what was asked', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await enter(page, server)
  await talkTo(page, 'echo')
  await tell(page, writes('b.txt'))
  const question = page.locator('.question')
  await question.locator('summary').click()
  const box = question.getByLabel('In its place, as JSON')
  await box.fill('{ "file_path": ')
  await question.getByRole('button', { name: 'Allow', exact: true }).click()
  t.equal(await question.locator('textarea:invalid').count(), 1, 'what is no JSON is not sent')
  await box.fill('{ "file_path": "b.txt", "content": "better" }')
  await question.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.locator('.turn .steps', { hasText: 'echo: allowed: Write' }).waitFor()
  t.equal(server.written('b.txt'), 'better')
})

t.test('a key that may not read sees the answers to what it tells, and no questions', skip, async t => {
  const server = await asking(t)
  const { page } = await browse(t)
  await enter(page, { url: server.url, key: server.makeKey({ permissions: ['status', 'tell'] }) })
  await talkTo(page, 'echo')
  await tell(page, 'Hello')
  await page.locator('.turn', { hasText: 'echo: Hello' }).waitFor()
  t.match(await page.locator('#no-questions').textContent(), 'This key may not decide')
  t.equal(await page.locator('#trouble').isVisible(), false)
})

t.test('where no key is wanted none is asked for; to open the page and to talk costs few requests', skip, async t => {
  const server = await asking(t, { api: { requireAuth: false } })
  const { page } = await browse(t)
  const asked: string[] = []
  page.on('request', request => { if (request.url().includes('/api/')) asked.push(`${request.method()} ${new URL(request.url()).pathname}`) })
  await page.goto(server.url)
  await page.locator('#connection[data-live=true]').waitFor()
  await talkTo(page, 'echo')
  for (let n = 1; n <= 5; n++) {
    await tell(page, `Hello ${n}`)
    await page.locator(`.turn:nth-child(${n}) .end`, { hasText: ' in · ' }).waitFor()
  }
  t.equal(asked.filter(one => one === 'POST /api/teams/tell').length, 5)
  t.ok(asked.length <= 5 + 20, `${asked.length}: ${asked.join(', ')}`)
  await page.reload()
  await page.locator('.turn:nth-child(5) .end', { hasText: ' in · ' }).waitFor()
  t.match(await page.locator('#talk-state').textContent(), /5 answers · 35 in · 65 out · \$0\.0049/)
})

t.test('a long name, as a fork of a fork has one, is read whole, and pushes nothing out of sight', skip, async t => {
  const server = await asking(t)
  const { tells } = server.services
  const from = `${'a-long-name'.repeat(4)}-fork-1-fork-1`
  const { tellId } = await tells.start({ from, to: 'echo', message: 'hello', caller: 'x' })
  await tells.wait(tellId, 0, new AbortController().signal)
  const { page } = await browse(t, { viewport: { width: 1300, height: 900 } })
  await enter(page, server)
  const team = page.locator('.team', { hasText: `with ${from}` })
  const edge = async (selector: string) => {
    const box = (await (selector === '' ? team : team.locator(selector).first()).boundingBox())!
    return box.x + box.width
  }
  await team.waitFor()
  for (const selector of ['.row button.small', '.session .state']) t.ok(await edge(selector) <= await edge(''), selector)
  t.ok(await team.locator('.session .from').evaluate((node: { scrollWidth: number, clientWidth: number }) => node.scrollWidth <= node.clientWidth), 'nothing of the name is cut')
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
