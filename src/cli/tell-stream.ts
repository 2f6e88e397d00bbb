import { WebSocket } from 'ws'
import type { ErrorBody } from '../../schemas/error.ts'
import { parse, Refused, type Target } from './client.ts'
import { bearer, text } from './exchange.ts'

/** How a stream of one tell ended: the server's word, or the connection broke before it. */
export type StreamEnd = 'ended' | 'dropped'

export interface TellStream {
  /** Rejects with CliError where the server refuses the tell. */
  readonly end: Promise<StreamEnd>
  /** false where there is no connection, or none yet: nothing was sent, and nothing will be. */
  cancel (): boolean
  close (): void
}

export interface TellInput { tellId: string, toTeam: string, message: string, fromTeam?: string }

interface Frame {
  event: string
  id?: string
  data: Record<string, unknown>
}

/** Sends a tell over the WebSocket and follows it. */
export function streamTell (target: Target, input: TellInput, hear: (offset: number, chunk: string) => void): TellStream {
  const socket = new WebSocket(`${target.url.replace(/^http/, 'ws')}/ws`, {
    perMessageDeflate: false,
    handshakeTimeout: 10_000,
    headers: bearer(target.key)
  })
  const send = (event: string, data: object, id: string) => { socket.send(JSON.stringify({ event, data, id })) }

  const end = new Promise<StreamEnd>((resolve, reject) => {
    socket.on('open', () => { send('tell:start', input, 'tell') })
    socket.on('message', (data: Buffer) => {
      const { event, id, data: body } = JSON.parse(data.toString()) as Frame
      if (event === 'error' && (id === 'tell' || id === undefined)) reject(new Refused(body as unknown as ErrorBody, Number(body.statusCode), target))
      if (body?.tellId !== input.tellId) return
      if (event === 'tell:chunk') hear(Number(body.offset), String(body.chunk))
      if (event === 'tell:complete' || event === 'tell:error') resolve('ended')
    })
    socket.on('unexpected-response', (_request, response) => {
      text(response).then(body => { reject(new Refused((parse(body) ?? {}) as Partial<ErrorBody>, response.statusCode ?? 0, target)) }, () => { resolve('dropped') })
    })
    socket.on('error', () => { resolve('dropped') })
    socket.on('close', () => { resolve('dropped') })
  })
  return {
    end,
    cancel () {
      const open = socket.readyState === WebSocket.OPEN
      if (open) send('tell:cancel', { tellId: input.tellId }, 'cancel')
      else socket.terminate()
      return open
    },
    close () { socket.terminate() }
  }
}
