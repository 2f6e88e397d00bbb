import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { publish } from './docs/compile.ts'
import { brokenLinks } from './docs/links.ts'
import { runPage } from './docs/run-page.ts'
import { isShown, readSnippets, type Snippet } from './docs/snippets.ts'
import { root } from './fixtures/root.ts'
import { scratch } from './fixtures/wired.ts'

/** What stays unrun needs what no test machine has. It is to stay little. */
const MOST_UNRUN = 12

const names = readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md') && name !== 'README.md')
const read = (page: string) => readFileSync(join(root, page), 'utf8')
const pages = ['docs/README.md', ...names.map(name => `docs/${name}`)].map(page => ({ page, snippets: readSnippets(page, read(page)) }))

const usesServer = (snippets: readonly Snippet[]) => snippets.some(({ language, noRun }) => noRun === undefined && language !== 'ts' && language !== 'text')

const client = scratch(t)
publish('clients/js', client)

/** `node dist/test/docs.test.js keys` does one page. */
const only = process.argv[2]

// A hundred programs one after the other take long on a busy machine. The runner heeds the comment.
const timeout = 180_000
t.setTimeout(timeout)
t.comment(`timeout=${timeout}`)

t.test('every page does what it says', { timeout }, async t => {
  t.jobs = 3
  const missing = ['sh', 'curl', 'python3'].filter(program => !isThere(program))
  const needs = (language: string) => language === 'python' ? ['python3'] : language === 'sh' ? ['sh', 'curl'] : []
  for (const { page, snippets } of pages) {
    if (only !== undefined && page !== `docs/${only}.md`) continue
    const skipped = snippets.filter(({ language }) => needs(language).some(program => missing.includes(program)))
    if (skipped.length > 0) t.comment(`${page}: ${skipped.length} snippets are not run, for there is no ${missing.join(' and no ')} here`)
    t.test(page, { timeout }, async t => { await runPage(t, snippets.filter(one => !skipped.includes(one)), { client, needs: usesServer(snippets) ? 'server' : 'none' }) })
  }
})

t.test('the snippets that no test runs are few, and say why', async t => {
  const unrun = pages.flatMap(({ snippets }) => snippets.filter(({ noRun }) => noRun !== undefined))
  for (const { at, noRun } of unrun) t.comment(`${at}: ${noRun}`)
  t.ok(unrun.length <= MOST_UNRUN, `${unrun.length} of ${pages.flatMap(({ snippets }) => snippets).length}`)
})

t.test('every page is in the index', async t => {
  const index = read('docs/README.md')
  for (const name of names) t.ok(index.includes(`](${name})`), name)
})

t.test('no link of a page leads nowhere', async t => {
  const others = ['README.md', ...readdirSync(join(root, 'clients')).map(name => `clients/${name}/README.md`).filter(page => existsSync(join(root, page)))]
  for (const page of [...others, ...pages.map(({ page }) => page)]) t.strictSame(brokenLinks(root, page), [], page)
})

t.test('what is wrong with a page is found', async t => {
  t.test('a snippet that fails, prints something else, or is not of its language', async t => {
    for (const wrong of ['```sh\nfalse\ntrue\n```', '```sh\necho one\n```\n```text\ntwo\n```', '```json\n{,}\n```', '```sh no-run: a reason\nif\n```', '```sh\n)\n```', '```yaml\nteam: {}\n```', '```cobol\n```']) {
      t.notOk(await holds(t, wrong), wrong)
    }
    t.ok(await holds(t, '```sh\nword=one\n```\nand\n```sh\necho $word; echo; echo three\n```\n```text\no…\n…\nthree\n```'))
  })
  t.test('a mark that nobody understands, and output of nothing', async t => {
    t.throws(() => readSnippets('page', '```sh norun\n```'), /page:1: 'norun'/)
    t.throws(() => readSnippets('page', 'a\n```text\n```'), /page:2 shows/)
    t.throws(() => readSnippets('page', '```sh\n'), /page:1 has no end/)
  })
  t.test('output that is more, less or other than is shown', async t => {
    t.ok(isShown('a … c\n…\nd', 'a b c\nx\ny\nd\n'))
    for (const printed of ['a b c\nd\ne', 'a b\nd', 'z\na b c\nd']) t.notOk(isShown('a … c\n…\nd', printed), printed)
  })
  t.test('a link to a file or a heading that is not there', async t => {
    const folder = t.testdir({ 'a.md': '# Of `it` & us\n[a](#of-it--us) [b](b.md) [c](b.md#no) [d](d.md) `[e](e.md)` [f](../f) [g](https://g.example)', 'b.md': '# Yes\n```sh\n# no\n```' })
    t.strictSame(brokenLinks(folder, 'a.md'), ['b.md#no', 'd.md', '../f'])
  })
})

/** Whether a page of these words does what it says. */
async function holds (t: Test, markdown: string): Promise<boolean> {
  try {
    await runPage(t, readSnippets('page', markdown), { client, needs: 'none' })
    return true
  } catch {
    return false
  }
}

function isThere (program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
