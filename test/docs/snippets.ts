/** A fenced piece of a page. What follows the language in its first line says how it is run: see docs/README.md. */
export interface Snippet {
  /** Where it stands, e.g. docs/keys.md:12 */
  readonly at: string
  readonly language: string
  readonly text: string
  /** It is written to this file of the folder, in the place of being run. */
  readonly file: string | undefined
  /** It goes on while the rest of the page is run, as in a terminal of its own. */
  readonly background: boolean
  /** Its exit status. */
  readonly exit: number
  /** Why it is not run. */
  readonly noRun: string | undefined
  /** What it prints, where the page shows it. */
  readonly prints: string | undefined
}

/** The fenced pieces of a page in order. Throws where one says what nobody understands. */
export function readSnippets (page: string, markdown: string): Snippet[] {
  const found: Snippet[] = []
  const lines = markdown.split('\n')
  for (let n = 0; n < lines.length; n++) {
    const [, fence, head] = /^(```+)(.*)$/.exec(lines[n]!) ?? []
    if (fence === undefined) continue
    const at = `${page}:${n + 1}`
    const end = lines.indexOf(fence, n + 1)
    if (end === -1) throw new Error(`${at} has no end`)
    const text = lines.slice(n + 1, end).join('\n') + '\n'
    n = end
    const snippet = { ...readHead(at, head!), text }
    if (snippet.language !== 'text' || snippet.noRun !== undefined) found.push(snippet)
    else {
      const last = found.pop()
      if (last === undefined || last.prints !== undefined) throw new Error(`${at} shows what nothing before it prints`)
      found.push({ ...last, prints: text })
    }
  }
  return found
}

function readHead (at: string, head: string): Omit<Snippet, 'text'> {
  const [, how, noRun] = /^(.*?)(?: no-run: (.+))?$/.exec(head.trim())!
  const [language = '', ...words] = how!.split(' ')
  const snippet = { at, language, file: undefined as string | undefined, background: false, exit: 0, noRun, prints: undefined }
  for (const word of words) {
    const [, name, value] = /^(file|exit|background)(?:=(.+))?$/.exec(word) ?? []
    if (name === 'background') snippet.background = true
    else if (name === 'file' && value !== undefined) snippet.file = value
    else if (name === 'exit' && value !== undefined) snippet.exit = Number(value)
    else throw new Error(`${at}: '${word}' says nothing about a snippet`)
  }
  return snippet
}

/** Whether this is what a page shows. There `…` stands for anything within a line and, alone in one, for any lines. */
export function isShown (shown: string, printed: string): boolean {
  const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const lines = shown.trimEnd().split('\n').map(line => line.trim() === '…' ? '(?:.*\\n)*' : line.split('…').map(escaped).join('.*') + '\\n')
  return new RegExp(`^${lines.join('')}$`).test(printed.trimEnd() + '\n')
}
