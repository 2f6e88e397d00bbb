/** The least that `ws` can do: it accepts, and hears nothing. Argument: a file of peer.ts. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

const server = createServer((_request, response) => { response.end('{"status":"ok"}') })
const sockets = new WebSocketServer({ server, perMessageDeflate: false })
sockets.on('connection', () => {})
server.listen(0, '127.0.0.1', () => { console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`) })
