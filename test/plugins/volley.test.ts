import t from 'tap'
import type { Published } from '../../plugins/websocket/frames.ts'
import { Prepared } from '../../plugins/websocket/prepared.ts'
import { Volley } from '../../plugins/websocket/volley.ts'

const prepared = (seq: number) => new Prepared([{ seq, text: () => `event ${seq}` } as Published])

/** So many wires, and what was written to each. */
function wires (count: number) {
  const written: string[] = []
  return { written, all: Array.from({ length: count }, (_, n) => ({ write (frames: Buffer | string) { written.push(`${n}: ${String(frames).slice(2)}`); return true } })) }
}

t.test('what is added is written once, to each in its order, however many there are', t => {
  const volley = new Volley()
  const { written, all } = wires(1_000)
  const event = prepared(1)
  const ways = new Set(all.map(wire => volley.add(wire, event)))
  t.equal(ways.size, 1, 'by one and the same function')
  t.ok(written.length < 1_000)
  for (const go of [...ways, ...ways]) go()
  t.same(written, all.map((_, n) => `${n}: event 1`))
  t.end()
})

t.test('each is written what was added for it', t => {
  const volley = new Volley()
  const { written, all: [one, two, three] } = wires(3)
  const [first, second] = [prepared(1), prepared(2)]
  volley.add(one!, first)
  volley.add(two!, second)
  volley.add(three!, first)()
  t.same(written, ['0: event 1', '1: event 2', '2: event 1'])
  t.end()
})
