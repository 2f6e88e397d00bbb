import t from 'tap'
import { createOnce, until } from '../src/until.ts'
import { createTestClock } from './fixtures/test-clock.ts'

t.test('what comes once is heard by all who wait, and by who comes later, as it came first', async t => {
  const clock = createTestClock()
  const once = createOnce<'one' | 'two'>()
  const waits = [until(once, { clock }), until(once, { clock, ms: 1_000, signal: new AbortController().signal })]
  once.come('one')
  once.come('two')
  t.same(await Promise.all([...waits, until(once, { clock })]), ['one', 'one', 'one'])
  t.equal(clock.timers, 0)
})

t.test('a wait that is over leaves nothing behind, however it ended', async t => {
  const clock = createTestClock()
  const once = createOnce<'come'>()
  let waiting = 0
  const counted: typeof once = { ...once, hear (hear) { waiting++; const deaf = once.hear(hear); return () => { waiting--; deaf() } } }
  const gone = new AbortController()
  const late = until(counted, { clock, ms: 1_000 })
  const aborted = until(counted, { clock, signal: gone.signal })
  t.equal(waiting, 2)
  gone.abort()
  await clock.advance(1_000)
  t.same(await Promise.all([late, aborted, until(counted, { clock, signal: gone.signal })]), ['time', 'aborted', 'aborted'])
  t.equal(waiting, 0)
})
