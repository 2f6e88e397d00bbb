/** The stateless pattern of the MCP SDK's documentation: a server and a transport for each request, on its Express app. Argument: a file of peer.ts. */
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Request, Response } from 'express4'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readTask } from './peer.ts'
import { createSdkServer } from './sdk-server.ts'

/** The SDK brings an Express without types. */
interface App {
  get (path: string, handle: (request: Request, response: Response) => unknown): void
  post (path: string, handle: (request: Request, response: Response) => unknown): void
  listen (port: number, host: string, listening: () => void): Server
}

const { path, body } = readTask()
const app = createMcpExpressApp() as App
app.get('/health/live', (_request, response) => { response.json({ status: 'ok' }) })
app.post(path, async (request, response) => {
  const server = createSdkServer(body)
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true } as object)
  response.on('close', () => {
    void transport.close()
    void server.close()
  })
  await server.connect(transport as Parameters<typeof server.connect>[0])
  await transport.handleRequest(request, response, request.body)
})

const server = app.listen(0, '127.0.0.1', () => { console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`) })
