import t from 'tap'
import { gatherLines } from '../src/request-lines.ts'
import { createTestClock } from './fixtures/test-clock.ts'

t.test('lines are written some at a time, in order, and none waits for more than a second', async t => {
  const clock = createTestClock()
  const written: string[] = []
  const { add, flush } = gatherLines(clock, lines => { written.push(lines) })
  const line = (n: number) => `${n} ${'x'.repeat(1_000)}\n`
  add(line(0))
  await clock.advance(400)
  add(line(1))
  t.same(written, [])
  await clock.advance(600)
  t.same(written, [line(0) + line(1)])
  t.equal(clock.timers, 0, 'nothing waits where there is nothing')

  const many = [...Array(20).keys()].map(line)
  for (const one of many) add(one)
  t.ok(written.length === 2 && written[1]!.length < 15_000, 'so many are written at once')
  await clock.advance(1_000)
  t.equal(written.slice(1).join(''), many.join(''))

  add(line(9))
  flush()
  t.equal(written.at(-1), line(9))
  const before = written.length
  flush()
  await clock.advance(1_000)
  t.equal(written.length, before, 'nothing is written twice')
})
