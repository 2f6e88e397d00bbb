import { createHmac, timingSafeEqual } from 'node:crypto'

/** Lets a client carry what only this server may have written. It can be read by anybody, and changed by nobody. */
export interface Seal {
  close (value: object): string
  /** Undefined for what was not sealed here. */
  open (text: unknown): unknown
}

export function createSeal (secret: Buffer): Seal {
  const mark = (body: string) => createHmac('sha256', secret).update(body).digest('base64url')
  return {
    close (value) {
      const body = Buffer.from(JSON.stringify(value)).toString('base64url')
      return `${body}.${mark(body)}`
    },
    open (text) {
      const [body, given, ...rest] = typeof text === 'string' ? text.split('.') : []
      if (body === undefined || given === undefined || rest.length > 0) return undefined
      const [said, made] = [Buffer.from(given), Buffer.from(mark(body))]
      return said.length === made.length && timingSafeEqual(said, made) ? JSON.parse(Buffer.from(body, 'base64url').toString()) : undefined
    }
  }
}
