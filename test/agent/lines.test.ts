import t from 'tap'
import { createLines } from '../../src/agent/lines.ts'

function collect (limit?: number) {
  const heard: (string | number)[] = []
  const listen = { line: (text: string) => { heard.push(text) }, tooLong: (bytes: number) => { heard.push(bytes) } }
  return { heard, lines: createLines(limit === undefined ? listen : { ...listen, limit }) }
}

t.test('A text that is cut at any byte comes out whole', async t => {
  const expected = ['é', '', 'a\u2028b\u2029c\r', '漢字 \u{1F468}\u200D\u{1F469} \u{1D11E}', 'no end']
  const bytes = Buffer.from(expected.join('\n'))
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { heard, lines } = collect()
    lines.push(bytes.subarray(0, cut))
    lines.push(bytes.subarray(cut))
    lines.end()
    t.strictSame(heard, expected, `cut at byte ${cut} of ${bytes.length}`)
  }
})

t.test('A text that comes byte by byte comes out whole', async t => {
  const { heard, lines } = collect()
  for (const byte of Buffer.from('Grüße\n\u{1F30D}\n')) lines.push(Buffer.from([byte]))
  lines.end()
  t.strictSame(heard, ['Grüße', '\u{1F30D}'])
})

t.test('A line is heard as soon as it ends, and not before', async t => {
  const { heard, lines } = collect()
  lines.push(Buffer.from('one\ntw'))
  t.strictSame(heard, ['one'])
  lines.push(Buffer.from('o\n'))
  t.strictSame(heard, ['one', 'two'])
  lines.end()
  t.strictSame(heard, ['one', 'two'])
})

t.test('A line over the limit is told by its length and the next one is heard', async t => {
  const { heard, lines } = collect(4)
  lines.push(Buffer.from('1234\n12345\nnext\n123'))
  lines.push(Buffer.from('456789'))
  lines.push(Buffer.from('0\nlast'))
  lines.end()
  t.strictSame(heard, ['1234', 5, 'next', 10, 'last'])
})

t.test('A line without an end takes no more memory than the limit', async t => {
  const { heard, lines } = collect(1024 * 1024)
  const chunk = Buffer.alloc(1024 * 1024, 'x')
  const before = process.memoryUsage()
  for (let n = 0; n < 512; n++) lines.push(Buffer.from(chunk))
  const after = process.memoryUsage()
  t.ok(after.arrayBuffers - before.arrayBuffers < 256 * 1024 * 1024, 'half a gigabyte is not kept')
  lines.end()
  t.strictSame(heard, [512 * 1024 * 1024])
})

t.test('A line that is no UTF-8 is told where that is asked for, however it is cut, and else what is none of it is replaced', async t => {
  const bytes = Buffer.concat([Buffer.from('é\nbad '), Buffer.of(0xc3), Buffer.from('\nplain\n'), Buffer.of(0xff)])
  for (let cut = 0; cut <= bytes.length; cut++) {
    for (const strict of [true, false]) {
      const heard: string[] = []
      const lines = createLines({ line (text) { heard.push(text) }, tooLong () {}, ...(strict && { broken () { heard.push('no text') } }) })
      lines.push(bytes.subarray(0, cut))
      lines.push(bytes.subarray(cut))
      lines.end()
      t.strictSame(heard, strict ? ['é', 'no text', 'plain', 'no text'] : ['é', 'bad \ufffd', 'plain', '\ufffd'])
    }
  }
})
