/**
 * Opens so many WebSockets to one address and counts what they hear, as lightly as Node can: plain sockets that share one
 * buffer, and of each frame only its length and its last number are read. Arguments: address with its path, key, how many.
 *
 * Speaks JSON lines. Says `{"open": n}` once each of them has heard a first frame. Then it is told:
 *   {"say": "text", "answers": n}   each sends that; answered `{}` when each has heard n more frames that are no events
 *   {"begin": true}                 count from here on; answered `{}`
 *   {"end": true}                   answered by what was counted since, a Count of crowd.ts
 * An event is a frame that ends with its `"seq":<number>`. It ends with code 1 where a socket closes or hears an error.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Count } from './crowd.ts'

interface Client { socket: Socket, rest: Buffer, greeted: boolean, seq: number, events: number, answers: number }

/** Handshakes on their way at once. */
const AT_ONCE = 100
/** ms that one socket may lag behind the others */
const LATE = 10_000
const QUOTE = 34
const Q = 113
/** First bytes of a frame that is whole. */
const TEXT = 0x81
const PONG = 0x8A

const [address, key, count] = process.argv.slice(2) as [string, string, string]
const { hostname, port, pathname, search, host } = new URL(address)
const shared = Buffer.allocUnsafe(256 * 1024)
const none = Buffer.alloc(0)
const clients: Client[] = []
let holes = 0
/** Answers that are still to come, and who waits for them. */
let lacking = 0
let answered = () => {}
let began = { at: 0, cpu: process.cpuUsage() }

function fail (why: string): never {
  console.error(why)
  process.exit(1)
}

/** The frame that begins at `at`, whole; undefined where the rest is still to come. */
function frameAt (bytes: Buffer, at: number): { opcode: number, start: number, end: number } | undefined {
  if (bytes.length < at + 2) return undefined
  const short = bytes[at + 1]!
  const extra = short < 126 ? 0 : short === 126 ? 2 : 8
  if (bytes.length < at + 2 + extra) return undefined
  const length = extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
  const start = at + 2 + extra
  return start + length > bytes.length ? undefined : { opcode: bytes[at]! & 15, start, end: start + length }
}

/** The number of an event; -1 of any other frame. */
function seqOf (bytes: Buffer, start: number, end: number): number {
  let at = end - 1
  while (at > start && (bytes[at] === 125 || bytes[at] === 93)) at--
  let value = 0
  for (let place = 1; at > start && bytes[at]! >= 48 && bytes[at]! <= 57; at--, place *= 10) value += (bytes[at]! - 48) * place
  return bytes[at - 1] === QUOTE && bytes[at - 2] === Q ? value : -1
}

function hear (client: Client, data: Buffer) {
  const bytes = client.rest.length === 0 ? data : Buffer.concat([client.rest, data])
  let at = 0
  for (let frame = frameAt(bytes, at); frame !== undefined; frame = frameAt(bytes, at)) {
    const { opcode, start, end } = frame
    at = end
    if (opcode === 8) fail(`A socket was closed: ${bytes.toString('utf8', start + 2, end)}`)
    if (opcode === 9) client.socket.write(frameOf(bytes.toString('utf8', start, end), PONG))
    if (opcode !== 1) continue
    const seq = seqOf(bytes, start, end)
    if (seq < 0) answer(client, bytes.toString('utf8', start, end))
    else {
      if (client.seq !== 0 && seq !== client.seq + 1) holes++
      client.seq = seq
      client.events++
    }
  }
  client.rest = at === bytes.length ? none : Buffer.from(bytes.subarray(at))
}

function answer (client: Client, text: string) {
  if (text.startsWith('{"event":"error"') || text.startsWith('44')) fail(`A socket heard ${text}`)
  if (text === '2') return client.socket.write(frameOf('3')) // Engine.IO asks whether it is alive
  client.answers++
  if (client.answers === 1) client.greeted = true
  if (client.answers > 0 && --lacking === 0) answered()
}

/** As a client sends it: masked, by a mask that changes nothing. */
function frameOf (text: string, kind = TEXT): Buffer {
  const payload = Buffer.from(text)
  if (payload.length > 65_535) fail('The text is too long')
  const short = payload.length < 126
  const head = Buffer.from(short ? [kind, 0x80 | payload.length, 0, 0, 0, 0] : [kind, 0xFE, payload.length >> 8, payload.length & 255, 0, 0, 0, 0])
  return Buffer.concat([head, payload])
}

function open (): Promise<void> {
  return new Promise(resolve => {
    let head = ''
    const client: Client = { socket: undefined!, rest: none, greeted: false, seq: 0, events: 0, answers: -1 }
    client.socket = connect({
      host: hostname,
      port: Number(port),
      onread: {
        buffer: shared,
        callback (length, buffer) {
          let data = Buffer.from(buffer.buffer, buffer.byteOffset, length)
          if (client.answers < 0) {
            head += data.toString('latin1')
            const end = head.indexOf('\r\n\r\n')
            if (end < 0) return true
            if (!head.startsWith('HTTP/1.1 101')) fail(head)
            data = Buffer.from(head.slice(end + 4), 'latin1')
            client.answers = 0
          }
          const { greeted } = client
          hear(client, data)
          if (!greeted && client.greeted) resolve()
          return true
        }
      }
    })
    clients.push(client)
    client.socket.setNoDelay(true)
    client.socket.on('error', err => fail(err.message)).on('close', () => fail('A socket was closed'))
    client.socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nAuthorization: Bearer ${key}\r\n\r\n`)
  })
}

const print = (value: object) => { console.log(JSON.stringify(value)) }

async function obey ({ say, answers, begin }: { say?: string, answers?: number, begin?: true }) {
  if (say !== undefined) {
    const frame = frameOf(say)
    const all = new Promise<void>(resolve => { answered = resolve })
    lacking = clients.length * answers!
    for (const { socket } of clients) socket.write(frame)
    await all
    return print({})
  }
  if (begin) {
    holes = 0
    for (const client of clients) Object.assign(client, { seq: 0, events: 0 })
    began = { at: performance.now(), cpu: process.cpuUsage() }
    return print({})
  }
  const { user, system } = process.cpuUsage(began.cpu)
  const ms = performance.now() - began.at
  const events = clients.reduce((sum, client) => sum + client.events, 0)
  const newest = clients.reduce((seq, client) => Math.max(seq, client.seq), 0)
  // What one has heard by now all must hear, without a hole.
  const late = setTimeout(() => fail('A socket does not hear what others have heard'), LATE)
  while (clients.some(({ seq }) => seq < newest)) await pause(1)
  clearTimeout(late)
  print({ ms, events, holes, share: (user + system) / 1_000 / ms } satisfies Count)
}

let left = Number(count)
await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (left-- > 0) await open() }))
print({ open: clients.length })
createInterface({ input: process.stdin }).on('line', line => { void obey(JSON.parse(line) as object) }).on('close', () => { process.exit(0) })
