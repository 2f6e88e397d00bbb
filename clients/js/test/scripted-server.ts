import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface Exchange {
  request: { method: string, path: string, query: Record<string, string[]>, headers: Record<string, string | null>, body: unknown }
  response: { status?: number, headers?: Record<string, string>, body?: unknown, text?: string, cut?: string, drop?: true, sse?: string[], then?: 'end' | 'drop' | 'hold' }
}

/** ms between the pieces of a stream, so that each arrives by itself. */
const APART = 15

/** A server that expects these requests, in order, and answers each as it is told. `end` says what was not as expected. */
export async function scriptedServer (exchanges: Exchange[]): Promise<{ url: string, end (): Promise<void> }> {
  const left = [...exchanges]
  const faults: unknown[] = []
  const server = createServer((request, response) => {
    serve(request, response).catch((err: unknown) => {
      faults.push(err)
      request.socket.destroy()
    })
  })

  async function serve (request: IncomingMessage, response: ServerResponse) {
    const exchange = left.shift()
    assert(exchange, `one request too many: ${request.method} ${request.url}`)
    const expected = exchange.request
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part as string
    const [path, search] = request.url!.split('?')
    const query: Record<string, string[]> = {}
    for (const [name, value] of new URLSearchParams(search)) (query[name] ??= []).push(value)
    const headers = Object.fromEntries(Object.keys(expected.headers).map(name => [name, request.headers[name] ?? null]))
    assert.deepEqual({ method: request.method, path, query, headers, body: text === '' ? null : JSON.parse(text) as unknown }, expected)
    await answer(response, exchange.response)
  }

  server.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async end () {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      if (faults.length > 0) throw faults[0]
      assert.deepEqual(left, [], 'requests that were not made')
    }
  }
}

async function answer (response: ServerResponse, { status = 200, headers = {}, body, text = '', cut, drop, sse, then }: Exchange['response']) {
  if (drop) return response.destroy()
  response.writeHead(status, { ...headers, connection: 'close', 'content-type': sse ? 'text/event-stream' : 'application/json', ...(cut !== undefined && { 'content-length': 1000 }) })
  if (cut !== undefined) return response.write(cut, () => { response.destroy() })
  if (sse === undefined) return response.end(body === undefined ? text : JSON.stringify(body))
  response.flushHeaders()
  for (const piece of sse) {
    await pause(APART)
    response.write(piece)
  }
  await pause(APART)
  if (then === 'end') response.end()
  if (then === 'drop') response.destroy()
}
