import { once } from 'node:events'
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** What came as JSON may be anything; the test says what it should be. */
export type Json = ReturnType<typeof JSON.parse>

export interface Answer { status: number, headers: IncomingHttpHeaders, text: string, json: Json }

/** The port of an app, which it starts to listen on. */
export async function listen (app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** One request over a real socket, with any header whatever; `fetch` would not let a test lie about its Host. */
export async function ask (port: number, method: string, path: string, { headers, body }: { headers?: RequestOptions['headers'], body?: string } = {}): Promise<Answer> {
  // Node sends the body of a DELETE without saying how long it is.
  const length = body === undefined || (headers !== undefined && 'transfer-encoding' in headers) ? {} : { 'content-length': Buffer.byteLength(body) }
  const asked = request({ host: '127.0.0.1', port, method, path, headers: { ...headers as object, ...length }, agent: false })
  asked.end(body)
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const chunk of response) text += String(chunk)
  const { statusCode: status, headers: answered } = response
  return { status, headers: answered, text, json: text !== '' && /json/.test(answered['content-type'] ?? '') ? JSON.parse(text) : undefined }
}

/** What comes back for these bytes until the server closes. */
export async function raw (port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}
