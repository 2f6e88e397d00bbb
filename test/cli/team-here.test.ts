import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { teamAt } from '../../src/cli/mcp.ts'
import { span, table } from '../../src/cli/table.ts'
import { loadConfig } from '../../src/config.ts'

t.test('a directory belongs to the innermost team around it', async t => {
  const cwd = t.testdir({
    'config.yaml': 'teams:\n  all: { path: work }\n  web: { path: work/web }\n  link: { path: linked }\n  gone: { path: work/gone }\n',
    work: { web: { src: {} }, website: {} },
    real: { src: {} }
  })
  symlinkSync(join(cwd, 'real'), join(cwd, 'linked'))
  const config = loadConfig({ env: {}, cwd })
  mkdirSync(join(cwd, 'work/gone'))
  const at = (path: string) => teamAt(config, join(cwd, path))
  t.strictSame(
    ['work', 'work/web', 'work/web/src', 'work/website', 'real/src', 'work/gone', '', '..'].map(at),
    ['all', 'web', 'web', 'all', 'link', 'all', undefined, undefined]
  )
})

t.test('a table is as wide as its cells, and one row is one line', async t => {
  t.equal(table(['A', 'LONG', 'C'], [['wide', '1', 'x'], ['', 'two\nlines', '']]), 'A     LONG       C\nwide  1          x\n      two lines')
})

t.test('a span shows its two largest units', async t => {
  t.strictSame([0, 999, 61_000, 3_600_000, 93_784_000].map(span), ['0s', '0s', '1m 1s', '1h', '1d 2h'])
})
