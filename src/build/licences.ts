import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The licences of all packages that these files are of, as the packages bring them. Throws where one brings none. */
export function licences (root: string, files: readonly string[]): string {
  const folders = new Set(files.map(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(folder => folder !== undefined))
  return [...folders].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<string, string>
    const file = readdirSync(join(root, folder)).find(one => /^licen[cs]e/i.test(one))
    const text = file === undefined ? `${license}\n` : readFileSync(join(root, folder, file), 'utf8')
    return `${name} ${version}\n\n${text}`
  }).join(`\n${'-'.repeat(80)}\n\n`)
}
