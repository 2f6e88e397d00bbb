import { spawnSync } from 'node:child_process'
import t from 'tap'
import { quote } from '../../../src/agent/launch/quote.ts'
import { createRandom } from '../../soak/random.ts'
import { hostileWord, HOSTILE } from './hostile.ts'

/** What a shell makes of words, by a program that shows its arguments one by one. */
function readBack (words: readonly string[]) {
  const { stdout, stderr } = spawnSync('sh', ['-c', `set -- ${words.map(quote).join(' ')}; printf '%s\\0' "$@"`], { encoding: 'utf8' })
  return { words: stdout.split('\0').slice(0, -1), stderr }
}

t.test('A shell reads a quoted word back as it was, whatever is in it, and runs none of it', async t => {
  t.strictSame(readBack(HOSTILE), { words: [...HOSTILE], stderr: '' })
  const random = createRandom(1615)
  for (let n = 0; n < 20; n++) {
    const words = Array.from({ length: 50 }, () => hostileWord(random))
    t.strictSame(readBack(words), { words, stderr: '' }, `seed 1615, round ${n}`)
  }
})

t.test('A word with a NUL character is refused: no argument can hold one', async t => {
  t.throws(() => quote('a\0b'), { name: 'AgentError', message: /NUL/ })
})
