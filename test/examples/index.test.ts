import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/root.ts'

const folder = join(root, 'examples')
const index = readFileSync(join(folder, 'README.md'), 'utf8')

t.test('every folder of examples is in the index, by the file to begin with', async t => {
  const links = [...index.matchAll(/\[([\w-]+)\]\(([^)]+)\)/g)].map(([, name, path]) => ({ name: name!, path: path! }))
  const folders = readdirSync(folder, { withFileTypes: true }).filter(one => one.isDirectory()).map(({ name }) => name)
  t.same(links.map(({ name }) => name).sort(), folders.sort())
  for (const { name, path } of links) {
    t.ok(path.startsWith(`${name}/`))
    const [first] = readFileSync(join(folder, path), 'utf8').split('\n')
    if (!path.endsWith('.json')) t.match(first, /^(#|\/\/) ?\S/, `${path} begins by saying what it is`)
  }
})

t.test('the README leads here', async t => {
  t.match(readFileSync(join(root, 'README.md'), 'utf8'), '[examples](examples)')
})
