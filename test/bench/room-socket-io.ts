/** The same by Socket.IO 4: one room, over WebSocket alone. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { createEmitter } from './room.ts'

const emitter = createEmitter(pieces => { for (const { data, seq } of pieces) io.to('session').emit('tell:chunk', { ...data, seq }) })
const server = createServer((request, response) => { if (!request.url!.startsWith('/socket.io/')) emitter(request, response) })
const io = new Server(server, { transports: ['websocket'], serveClient: false, perMessageDeflate: false })
io.on('connection', socket => { void socket.join('session') })
server.listen(0, '127.0.0.1', () => { console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`) })
