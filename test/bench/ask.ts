import { request, type Agent, type IncomingHttpHeaders } from 'node:http'

/** ms without a byte after which a request is given up */
const SILENCE = 60_000

/** One request and its whole answer. Without an `agent` the connection ends with it. */
export function ask (url: string, { key, headers, body, agent }: { key?: string, headers?: Record<string, string>, body?: string, agent?: Agent } = {}): Promise<{ status: number, headers: IncomingHttpHeaders, text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      agent: agent ?? false,
      timeout: SILENCE,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...headers
      }
    }, answer => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => { text += chunk })
      answer.on('end', () => { resolve({ status: answer.statusCode!, headers: answer.headers, text }) })
      answer.on('error', reject)
    })
    asked.on('timeout', () => { asked.destroy(new Error(`${url} says nothing for ${SILENCE} ms`)) })
    asked.on('error', reject)
    asked.end(body)
  })
}
