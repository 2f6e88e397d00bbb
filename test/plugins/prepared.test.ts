import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import WebSocket from 'ws'
import { joiner, preparer, textFrames, type Prepared } from '../../plugins/websocket/prepared.ts'
import type { Published } from '../../plugins/websocket/frames.ts'

/** A real client at the other end of a bare socket that has said yes to it. */
async function pair (t: { teardown (fn: () => unknown): void }) {
  const server = createServer(socket => {
    socket.once('data', (head: Buffer) => {
      const key = /sec-websocket-key: (.*)\r\n/i.exec(head.toString())![1]!
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate: false })
  const [[socket]] = await Promise.all([once(server, 'connection') as Promise<[Socket]>, once(client, 'open')])
  t.teardown(() => { client.terminate(); socket.destroy(); server.close() })
  return { client, socket }
}

const eventOf = (seq: number, text: string) => ({ seq, text: () => text }) as Published

t.test('a frame of any length is one that a client reads', async t => {
  const { client, socket } = await pair(t)
  for (const text of ['', 'x'.repeat(125), 'x'.repeat(126), 'ü'.repeat(63), 'x'.repeat(65_535), 'x'.repeat(65_536), `{"a":"${'世界\u{1F468}'.repeat(100_000)}"}`]) {
    const heard = once(client, 'message') as Promise<[Buffer, boolean]>
    socket.write(textFrames([text]))
    const [data, binary] = await heard
    t.ok(data.toString() === text && !binary, `${text.length} UTF-16 units`)
  }
})

t.test('what was made in one turn is not kept for the next', async t => {
  const [prepare, join] = [preparer(), joiner()]
  const event = eventOf(1, 'event 1')
  const prepared = prepare([event])
  const frames = join([prepared])
  await turn()
  t.not(prepare([event]), prepared)
  t.not(join([prepared]), frames)
})

t.test('an event is made into a frame once, and the frames of one turn into one piece once for all who get the same', async t => {
  const [prepare, join] = [preparer(), joiner()]
  const events = Array.from({ length: 10 }, (_, n) => eventOf(n + 1, `event ${n + 1}`))
  const each = () => events.map(event => prepare([event]))
  const prepared = each()
  t.equal(prepare([events[0]!]), prepared[0])
  t.equal(prepare([events[0]!]).frames, prepared[0]!.frames)
  const all = join(prepared)
  t.equal(join(each()), all)
  t.equal(join([prepared[1]!]), join([prepared[1]!]))
  const together = prepare(events)
  t.equal(prepare(events), together)
  t.equal(prepare([...events]), together, 'also where each has picked them for itself')
  t.same([together.frames, together.seq], [all, 10])
  t.same(prepare(events.slice(0, 9)).events, events.slice(0, 9), 'and nobody gets more')
  const others: Prepared[][] = [prepared.slice(0, 9), [prepared[0]!, prepared[2]!], prepared.slice(1)]
  for (const parts of [...others, prepared]) t.same(join(parts), textFrames(parts.flatMap(({ events }) => events.map(event => event.text()))), 'whoever gets others gets those')
  const { client, socket } = await pair(t)
  const heard: string[] = []
  client.on('message', (data: Buffer) => { heard.push(data.toString()); if (heard.length === 10) client.emit('all') })
  socket.write(all)
  await once(client, 'all')
  t.strictSame(heard, events.map(event => event.text()))
})
