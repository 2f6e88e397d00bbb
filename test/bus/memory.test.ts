import t from 'tap'
import { createMemoryBus } from '../../src/bus/memory.ts'
import type { Published } from '../../src/bus/bus.ts'

const event = { seq: 1, sessionId: 's', team: 'a' } as Published

t.test('what listeners leave for afterwards is done when all of their room have heard, and once for all who leave the same', t => {
  const bus = createMemoryBus({ onError: err => { throw err } })
  const done: string[] = []
  const write = () => { done.push('write') }
  for (const name of ['one', 'two', 'three']) bus.subscribe('session:s', () => { done.push(name); return write })
  bus.subscribe('session:s', () => { done.push('last') })
  bus.subscribe('all', () => { done.push('all'); return write })
  bus.publish([event])
  t.same(done, ['one', 'two', 'three', 'last', 'write', 'all', 'write'])
  t.end()
})

t.test('a listener that throws, then or afterwards, hurts no other', t => {
  const errors: unknown[] = []
  const bus = createMemoryBus({ onError: err => { errors.push(err) } })
  const done: string[] = []
  bus.subscribe('team:a', () => { throw new Error('then') })
  bus.subscribe('team:a', () => () => { throw new Error('afterwards') })
  bus.subscribe('team:a', () => () => { done.push('other') })
  bus.publish([event])
  t.same(errors, [new Error('then'), new Error('afterwards')])
  t.same(done, ['other'])
  t.end()
})
