import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** The links of a page into the project that lead nowhere: to a file that is not there, or a heading that it does not have. */
export function brokenLinks (root: string, page: string): string[] {
  const prose = proseOf(readFileSync(join(root, page), 'utf8'))
  const broken: string[] = []
  for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target!)) continue
    const [path = '', anchor] = target!.split('#')
    const file = path === '' ? join(root, page) : resolve(dirname(join(root, page)), path)
    if (relative(root, file).startsWith('..') || !existsSync(file)) broken.push(target!)
    else if (anchor !== undefined && (statSync(file).isDirectory() || !anchorsOf(readFileSync(file, 'utf8')).has(anchor))) broken.push(target!)
  }
  return broken
}

/** The names that GitHub gives the headings of a page. */
function anchorsOf (markdown: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading] of proseOf(markdown, false).matchAll(/^#+ +(.+?) *#*$/gm)) {
    const name = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')
    let free = name
    for (let n = 1; anchors.has(free); n++) free = `${name}-${n}`
    anchors.add(free)
  }
  return anchors
}

/** Without the code in it, of which one kind may be part of a heading. */
function proseOf (markdown: string, spans = true): string {
  const prose = markdown.replaceAll(/^(```+)[\s\S]*?^\1$/gm, '')
  return spans ? prose.replaceAll(/`[^`\n]*`/g, '') : prose
}
