import { SignatureError } from './error.ts'

export interface WebhookOptions {
  /** How old or how far in the future it may be, s. Default: 300 */
  tolerance?: number
  /** Unix s. Default: the clock. */
  now?: number
}

/**
 * Reads a webhook as Standard Webhooks signs it (HMAC-SHA-256 over id, time and body). `body` is the text as it came,
 * before any parsing; `secret` begins with `whsec_`, and while one is being rotated there may be several. Throws SignatureError.
 */
export async function verifyWebhook (secret: string | readonly string[], headers: Headers | Readonly<Record<string, string | string[] | undefined>>, body: string, { tolerance = 300, now = Date.now() / 1000 }: WebhookOptions = {}): Promise<unknown> {
  const given = new Headers(headers instanceof Headers ? headers : Object.entries(headers).map(([name, value]): [string, string] => [name, String(value ?? '')]))
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map(name => given.get(`webhook-${name}`))
  if (!id || !timestamp || !signatures) throw new SignatureError('The headers webhook-id, webhook-timestamp and webhook-signature are needed')
  if (!/^\d+$/.test(timestamp)) throw new SignatureError('webhook-timestamp is no time')
  if (Math.abs(now - Number(timestamp)) > tolerance) throw new SignatureError('The webhook is too old, or from the future')

  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`)
  const candidates = signatures.split(' ').filter(one => one.startsWith('v1,')).map(one => bytes(one.slice(3)))
  for (const one of [secret].flat()) {
    const key = await crypto.subtle.importKey('raw', secretBytes(one), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
    for (const candidate of candidates) {
      // Takes the same time whatever the signature is.
      if (candidate !== undefined && await crypto.subtle.verify('HMAC', key, candidate, content)) return JSON.parse(body)
    }
  }
  throw new SignatureError('No signature fits the secret')
}

function secretBytes (secret: string): Uint8Array<ArrayBuffer> {
  const key = bytes(secret.replace(/^whsec_/, ''))
  if (key === undefined || key.length === 0) throw new TypeError('The secret is no base64')
  return key
}

function bytes (base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), char => char.charCodeAt(0))
  } catch {
    return undefined
  }
}
