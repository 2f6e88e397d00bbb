import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { parse } from 'yaml'
import { makePlace, type Place } from './place.ts'
import { openShell, type Left } from './shell.ts'
import { isShown, type Snippet } from './snippets.ts'

/** How a snippet of a language becomes a line of a shell. Absent: it is not run but read. */
const LINES: Readonly<Record<string, (file: string) => string>> = {
  sh: file => `. ${file}`,
  js: file => `node ${file}`,
  python: file => `python3 ${file}`
}
const ENDINGS: Readonly<Record<string, string>> = { sh: 'sh', js: 'mjs', python: 'py' }

/**
 * Does what a page says, piece after piece. Throws where it is not as the page says. One that does not start a server
 * itself finds one running where it needs one, with the team `echo`.
 */
export async function runPage (t: Test, snippets: readonly Snippet[], { client, needs }: { client: string, needs: 'server' | 'none' }): Promise<void> {
  const place = makePlace(t, client)
  const shell = openShell(place.cwd, place.env)
  t.teardown(() => shell.close())
  let server: Left | undefined
  if (needs === 'server' && !snippets.some(({ background, text }) => background && text.startsWith('iris start'))) {
    place.begin()
    server = await shell.leave('iris start')
  }

  // Of a snippet that waits for ever nobody would know which it was.
  let doing = ''
  const say = () => { if (doing !== '') process.stderr.write(`${doing} does not come to its end\n`) }
  process.once('exit', say)
  t.teardown(() => {
    process.off('exit', say)
    say()
  })

  for (const [n, snippet] of snippets.entries()) {
    doing = snippet.at
    await one(snippet, n).finally(() => { doing = '' })
    t.pass(snippet.at)
  }

  async function one (snippet: Snippet, n: number): Promise<void> {
    const { at, language, file, background, exit, noRun, prints } = snippet
    const text = language === 'yaml' ? snippet.text : place.there(snippet.text)
    // What is run says itself whether it is of its language.
    if (noRun !== undefined || file !== undefined || LINES[language] === undefined) check(snippet, place, n)
    if (noRun !== undefined || language === 'ts') return
    if (file !== undefined) {
      writeFileSync(join(place.cwd, file), text)
    } else if (language === 'yaml') {
      const seen = server?.complained().length ?? 0
      try {
        place.configure(text)
      } catch (err) {
        throw new Error(`${at}: ${(err as Error).message}`, { cause: err })
      }
      await server?.until(() => /The configuration (was read again|in force stays)/.test(server!.complained().slice(seen)))
      if (/in force stays/.test(server?.complained().slice(seen) ?? '')) throw new Error(`${at} is not taken: ${server!.complained().slice(seen)}`)
    } else if (background) {
      const left = await shell.leave(text.trim())
      if (text.startsWith('iris start')) server = left
      if (prints !== undefined) await left.until(() => isShown(prints, place.here(left.printed())))
    } else if (LINES[language] !== undefined) {
      const line = LINES[language](place.keep(`${n}.${ENDINGS[language]!}`, text))
      // The first command that fails ends it, and with it the page.
      const { code, printed } = await shell.run(exit === 0 ? `set -e; ${line}; set +e` : line)
      const shown = place.here(printed)
      if (code !== exit) throw new Error(`${at} ends with ${code}: ${shown}`)
      if (prints !== undefined && !isShown(prints, shown)) throw new Error(`${at} prints\n${shown}\nand not\n${prints}`)
    }
  }
}

/** Throws where a snippet is not of its language. */
function check ({ language, text, at }: Snippet, place: Place, n: number): void {
  const kept = () => place.keep(`${n}.${ENDINGS[language]!}`, text)
  try {
    switch (language) {
      case 'yaml': parse(text); break
      case 'json': JSON.parse(text); break
      case 'sh': execFileSync('sh', ['-n', kept()], { stdio: 'pipe' }); break
      case 'js': execFileSync(process.execPath, ['--check', kept()], { stdio: 'pipe' }); break
      case 'python': execFileSync('python3', ['-c', 'import ast, sys; ast.parse(open(sys.argv[1]).read())', kept()], { stdio: 'pipe' }); break
      case 'ts': break // compiled by a test of its own
      case 'text': break // of another program
      default: throw new Error(`nobody knows what to do with ${language === '' ? 'a snippet without a language' : language}`)
    }
  } catch (err) {
    throw new Error(`${at}: ${(err as Error).message}`)
  }
}
