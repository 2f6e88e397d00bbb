import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { linesBackwards } from '../../src/agent/backwards.ts'
import { scratch } from './ear.ts'

async function all (path: string, limit = Infinity) {
  const lines: string[] = []
  for await (const line of linesBackwards(path, limit)) lines.push(line)
  return lines
}

t.test('The lines come whole and the last one first, wherever the blocks end', async t => {
  const file = join(scratch(t), 'file')
  for (const size of [0, 1, 65_533, 65_534, 65_535, 65_536, 65_537, 131_071, 131_072, 300_000]) {
    const lines = ['first', 'ä€😀'.repeat(3), 'x'.repeat(size), '漢'.repeat(30_000), 'last'].filter(line => line !== '')
    for (const end of ['', '\n', '\n\n']) {
      writeFileSync(file, lines.join('\n') + end)
      t.ok((await all(file)).join('\n') === lines.toReversed().join('\n'), `${size} and ${JSON.stringify(end)}`)
    }
  }
  writeFileSync(file, '')
  t.strictSame(await all(file), [])
  writeFileSync(file, '\n')
  t.strictSame(await all(file), [])
})

t.test('No more is read than the limit, and a line that it cuts is not given', async t => {
  const file = join(scratch(t), 'file')
  writeFileSync(file, 'one\ntwo\nthree\n')
  t.strictSame(await all(file, 8), ['three'])
  t.strictSame(await all(file, 14), ['three', 'two', 'one'])
  await t.rejects(all(`${file}-missing`), { code: 'ENOENT' })
})
