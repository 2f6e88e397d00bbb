/** The least that `ws` can do to tell many: one frame, made once, written to each socket. What came together is one write. */
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import * as ws from 'ws'
import { createEmitter } from './room.ts'

/** A text frame of a server. */
const FRAME = { fin: true, opcode: 1, mask: false, readOnly: false, rsv1: false }

// Its types do not tell of it.
const { Sender } = ws as unknown as { Sender: { frame (data: Buffer, options: object): Buffer[] } }
const frameOf = (payload: Buffer) => Sender.frame(payload, FRAME)
const wires = new Set<Socket>()
const server = createServer(createEmitter(pieces => {
  const frames = pieces.flatMap(piece => frameOf(Buffer.from(JSON.stringify({ event: 'tell:chunk', ...piece }))))
  const bytes = Buffer.concat(frames)
  for (const wire of wires) wire.write(bytes)
}))

new ws.WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, request) => {
  wires.add(request.socket)
  socket.on('close', () => { wires.delete(request.socket) })
  socket.send('{"event":"hello"}')
})
server.listen(0, '127.0.0.1', () => { console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`) })
