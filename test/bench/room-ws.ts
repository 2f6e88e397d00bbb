/** The least that `ws` can do to tell many: one frame, made once, written to each socket. What came together is one write. */
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { frameOf } from './frame.ts'
import { createEmitter } from './room.ts'

const wires = new Set<Socket>()
const server = createServer(createEmitter(pieces => {
  const frames = pieces.flatMap(piece => frameOf(Buffer.from(JSON.stringify({ event: 'tell:chunk', ...piece }))))
  const bytes = Buffer.concat(frames)
  for (const wire of wires) wire.write(bytes)
}))

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, request) => {
  wires.add(request.socket)
  socket.on('close', () => { wires.delete(request.socket) })
  socket.send('{"event":"hello"}')
})
server.listen(0, '127.0.0.1', () => { console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`) })
