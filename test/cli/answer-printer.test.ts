import t from 'tap'
import { createAnswerPrinter } from '../../src/cli/answer-printer.ts'

const rows: [title: string, chunks: [offset: number, chunk: string][], response: string, printed: string][] = [
  ['chunks in order are the answer, and a line ends it', [[0, 'Hel'], [3, 'lo']], 'Hello', 'Hello\n'],
  ['an answer that ends its line gets no second end', [[0, 'Hello\n']], 'Hello\n', 'Hello\n'],
  ['an answer without chunks is printed whole', [], 'Hello', 'Hello\n'],
  ['an empty answer is an empty line', [], '', '\n'],
  ['the rest that no chunk brought comes at the end', [[0, 'Hel']], 'Hello', 'Hello\n'],
  ['a passage that begins again is printed again on a line of its own', [[0, 'Hello wor'], [6, 'there']], 'Hello there', 'Hello wor\nthere\n'],
  ['after a line end no further one is needed for that', [[0, 'a\nb\n'], [2, 'c\n']], 'a\nc\n', 'a\nb\nc\n'],
  ['all from the start', [[0, 'x'], [0, 'yy'], [2, 'z']], 'yyz', 'x\nyyz\n'],
  ['a hole is filled at the end', [[0, 'a'], [5, 'f']], 'abcdef', 'abcdef\n'],
  ['an answer that differs from what was shown is printed from the changed line on', [[0, 'one\ntwo']], 'one\ntoo', 'one\ntwo\ntoo\n'],
  ['offsets count UTF-16 units', [[0, '😀'], [2, '!']], '😀!', '😀!\n']
]

for (const [title, chunks, response, printed] of rows) {
  t.test(title, async t => {
    let text = ''
    const printer = createAnswerPrinter(part => { text += part })
    for (const [offset, chunk] of chunks) printer.chunk(offset, chunk)
    printer.done(response)
    t.equal(text, printed)
  })
}

t.test('an answer that never ends leaves a whole line, and nothing where nothing was printed', async t => {
  for (const [chunks, printed] of [[['a'], 'a\n'], [['a\n'], 'a\n'], [[], '']] as const) {
    let text = ''
    const printer = createAnswerPrinter(part => { text += part })
    for (const chunk of chunks) printer.chunk(0, chunk)
    printer.stop()
    t.equal(text, printed)
  }
})
