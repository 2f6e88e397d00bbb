import t from 'tap'
import { diffLines } from '../../clients/page/diff.ts'

const shown = (before: string, after: string) => diffLines(before, after).map(({ sign, text }) => sign + text)

t.test('what stays, goes and comes is told line by line', async t => {
  t.same(shown('a\nb\nc', 'a\nB\nc'), [' a', '-b', '+B', ' c'])
  t.same(shown('a\nb\nc\nd', 'b\nx\nd\ne'), ['-a', ' b', '-c', '+x', ' d', '+e'])
  t.same(shown('', 'a\nb\n'), ['+a', '+b'])
  t.same(shown('a\n', ''), ['-a'])
  t.same(shown('a\n', 'a'), [' a', '-'], 'a lost end of line is a change')
  t.same(shown('same', 'same'), [' same'])
})

t.test('any two texts: without what goes it is the one, without what comes the other', async t => {
  let seed = 7
  const random = (n: number) => (seed = seed * 48_271 % 2_147_483_647) % n
  const text = () => Array.from({ length: random(12) + 1 }, () => 'abcd'[random(4)]).join('\n')
  for (let n = 0; n < 300; n++) {
    const [before, after] = [text(), text()]
    const lines = diffLines(before, after)
    t.equal(lines.filter(({ sign }) => sign !== '+').map(({ text }) => text).join('\n'), before)
    t.equal(lines.filter(({ sign }) => sign !== '-').map(({ text }) => text).join('\n'), after)
  }
})

t.test('of what is too long for a table all goes and all comes', async t => {
  const lines = (word: string) => Array.from({ length: 2500 }, (_, n) => `${word}${n}`).join('\n')
  t.equal(shown(lines('a'), lines('b')).length, 5000)
})
