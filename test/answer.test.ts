import t from 'tap'
import { applyChunks, createAnswer, type Chunk } from '../src/answer.ts'

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
