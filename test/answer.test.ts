import t from 'tap'
import { applyChunks, createAnswer, type Chunk } from '../src/answer.ts'
import { createRandom } from './soak/random.ts'

t.test('deltas, then the block that confirms them, make the text without a further chunk', async t => {
  const answer = createAnswer()
  answer.delta('Hel')
  t.same(answer.take(), { offset: 0, chunk: 'Hel' })
  answer.delta('lo')
  t.same(answer.take(), { offset: 3, chunk: 'lo' })
  answer.block('Hello')
  t.equal(answer.take(), null)
  t.equal(answer.text(), 'Hello')
})

t.test('a block that differs from its preview replaces what differs', async t => {
  const answer = createAnswer()
  answer.delta('Hello wor')
  const chunks = [answer.take()!]
  answer.block('Hello there')
  chunks.push(answer.take()!)
  t.same(chunks[1], { offset: 6, chunk: 'there' })
  t.equal(applyChunks(chunks), 'Hello there')
})

t.test('a passage begun again makes a chunk at an earlier offset', async t => {
  const answer = createAnswer()
  answer.block('First.')
  answer.delta('Second, abandoned and lo')
  const chunks: Chunk[] = [answer.take()!]
  answer.restart()
  answer.delta('Anew')
  chunks.push(answer.take()!)
  t.same(chunks[1], { offset: 8, chunk: 'Anew' })
  answer.block('Anew.')
  chunks.push(answer.take()!)
  t.equal(applyChunks(chunks), 'First.\n\nAnew.')
  t.equal(answer.text(), 'First.\n\nAnew.')
})

t.test('a preview that is withdrawn for nothing is taken back', async t => {
  const answer = createAnswer()
  answer.delta('gone')
  const chunks = [answer.take()!]
  answer.restart()
  chunks.push(answer.take()!)
  t.same(chunks[1], { offset: 0, chunk: '' })
  t.equal(applyChunks(chunks), '')
})

t.test('all text blocks are kept, in order; empty ones leave no gap', async t => {
  const answer = createAnswer()
  for (const block of ['', 'one', '', 'two']) answer.block(block)
  t.equal(answer.text(), 'one\n\ntwo')
})

t.test('a surrogate pair is never split between chunks', async t => {
  const answer = createAnswer()
  const emoji = '😀'
  answer.delta('a' + emoji[0]!)
  const chunks = [answer.take()!]
  t.same(chunks[0], { offset: 0, chunk: 'a' })
  answer.delta(emoji[1]! + 'b')
  chunks.push(answer.take()!)
  answer.block('a😁b') // shares the first half of the pair with what was shown
  chunks.push(answer.take()!)
  for (const { chunk } of chunks) t.equal(Buffer.from(chunk).toString(), chunk, 'survives UTF-8')
  t.equal(applyChunks(chunks), 'a😁b')
})

t.test('half of a surrogate pair that stays alone is said to be unknown, wherever it stands', async t => {
  const answer = createAnswer()
  answer.delta('a\uDC00b\uD800')
  const chunks = [answer.take()!]
  t.same(chunks, [{ offset: 0, chunk: 'a\uFFFDb' }], 'what may become whole is waited for')
  chunks.push(answer.take(16, true)!)
  t.equal(applyChunks(chunks), 'a\uFFFDb\uFFFD')
  t.equal(answer.text(), 'a\uFFFDb\uFFFD')
})

t.test('whatever the deltas, chunks applied at their offsets are the answer, and none is longer than it may be', async t => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e6)
  t.comment(`SEED=${seed}`)
  const random = createRandom(seed)
  const UNITS = ['a', 'b', '\n', 'é', '😀', '😁', '\uD83D', '\uDE00', '\0']
  const words = (most: number) => Array.from({ length: random.below(most) }, () => UNITS[random.below(UNITS.length)]!).join('')
  for (let run = 0; run < 2_000; run++) {
    const answer = createAnswer()
    const chunks: Chunk[] = []
    const most = 2 + random.below(12)
    let preview = ''
    const take = (ended = false) => { for (let chunk = answer.take(most, ended); chunk !== null; chunk = answer.take(most, ended)) chunks.push(chunk) }
    for (let step = random.below(20); step > 0; step--) {
      const text = words(12)
      switch (random.below(6)) {
        case 0: preview = ''; answer.restart(); break
        case 1: answer.block(random.below(2) === 0 ? preview : text); preview = ''; break
        case 2: { const one = answer.take(most); if (one !== null) chunks.push(one); break }
        case 3: take(); break
        default: answer.delta(text); preview += text
      }
    }
    take(true)
    const wrong = applyChunks(chunks) !== answer.text() ||
      chunks.some(({ chunk }) => chunk.length > most || Buffer.from(chunk).toString() !== chunk) ||
      applyChunks(JSON.parse(Buffer.from(JSON.stringify(chunks)).toString()) as Chunk[]) !== answer.text()
    if (wrong) return t.fail(`run ${run}`, { chunks, text: answer.text(), most })
  }
  t.pass('2,000 answers')
})
