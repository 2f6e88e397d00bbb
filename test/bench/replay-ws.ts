/** The least that a replay can be: rows by better-sqlite3, written as WebSocket frames, a page in one write. Argument: a file of peer.ts, whose path is the database. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { WebSocketServer } from 'ws'
import { frameOf } from './frame.ts'
import { readTask } from './peer.ts'

interface Raw { seq: number, event: string, data: string }

const PAGE = 1_000
const db = new Database(readTask().path, { readonly: true })
const since = db.prepare<[number, number], Raw>('SELECT seq, event, data FROM event WHERE seq > ? ORDER BY seq LIMIT ?')

async function replay (wire: Socket) {
  for (let page = since.all(0, PAGE); page.length > 0; page = since.all(page.at(-1)!.seq, PAGE)) {
    const frames = page.flatMap(({ seq, event, data }) => frameOf(Buffer.from(`{"event":"${event}","data":${data},"seq":${seq}}`)))
    if (wire.write(Buffer.concat(frames))) await turn()
    else await once(wire, 'drain')
  }
}

const server = createServer((_request, response) => { response.end('{"status":"ok"}') })
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, request) => {
  socket.send('{"event":"hello"}')
  socket.on('message', () => {
    socket.send('{"event":"resumed"}')
    void replay(request.socket).then(() => { socket.send('{"event":"caught_up"}') })
  })
})
server.listen(0, '127.0.0.1', () => { console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`) })
