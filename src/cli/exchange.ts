import { request as http, type IncomingMessage } from 'node:http'
import { request as https } from 'node:https'

export interface Exchange {
  method: 'GET' | 'POST' | 'DELETE'
  headers: Readonly<Record<string, string>>
  body?: string
  signal?: AbortSignal
}

/** The header that says whose request it is. */
export const bearer = (key: string | undefined): Record<string, string> => key === undefined ? {} : { authorization: `Bearer ${key}` }

/** One HTTP exchange without a deadline of its own: an answer may take hours, a stream of notifications as long as the server lives. */
export async function exchange (url: string, { method, headers, body, signal }: Exchange): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? https : http
    // Not Node's own `signal` option, nor an error here: that one would be emitted by a socket which may be back in the pool, where nobody hears it.
    const abort = () => { request.destroy() }
    const done = () => { signal?.removeEventListener('abort', abort) }
    const request = send(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) }
    }, resolve)
    request.on('error', reject)
    request.on('close', done)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    request.end(body)
  })
}

/** The whole body as text. */
export async function text (response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

/** The data of each event of an SSE stream. */
export async function * events (response: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  let data: string[] = []
  response.setEncoding('utf8')
  for await (const part of response) {
    const lines = (rest + (part as string)).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
      if (line !== '' || data.length === 0) continue
      yield data.join('\n')
      data = []
    }
  }
}
