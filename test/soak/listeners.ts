import { request as httpRequest, type IncomingMessage } from 'node:http'
import WebSocket from 'ws'
import type { ServerProcess } from '../fixtures/process.ts'
import type { Faults } from './fuzz.ts'

interface Heard { seq?: number, event: string, data: { message?: { timestamp: number } } }

/** A client that reads all there is as it comes, and keeps none of it. */
export interface Listener {
  readonly name: string
  /** How many events have come. */
  count (): number
  /** ms from the making of a message to its arrival, of each since this was last asked for. */
  delays (): number[]
  /** Numbers that did not come. */
  readonly missing: readonly number[]
  readonly faults: Faults
  end (): void
}

function createEar (name: string) {
  const faults: Faults = []
  const missing: number[] = []
  let last = 0
  let count = 0
  let delays: number[] = []
  return {
    faults,
    hear ({ seq, event, data }: Heard) {
      if (seq === undefined) return
      if (seq <= last) faults.push(`${name}: ${seq} ${event} came after ${last}`)
      if (last > 0) for (let one = last + 1; one < seq; one++) missing.push(one)
      last = seq
      count++
      if (data.message !== undefined) delays.push(Date.now() - data.message.timestamp)
    },
    listener: (end: () => void): Listener => ({
      name,
      faults,
      missing,
      end,
      count: () => count,
      delays () {
        const taken = delays
        delays = []
        return taken
      }
    })
  }
}

/** Resolves once it hears what comes. It hears all where these are all sessions. */
export function listenBySocket ({ url, key }: ServerProcess, sessions: readonly string[]): Promise<Listener> {
  const { hear, listener, faults } = createEar('websocket')
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers: { authorization: `Bearer ${key}` } })
  let ended = false
  return new Promise((resolve, reject) => {
    socket.on('open', () => { socket.send(JSON.stringify({ event: 'resume', data: { after: 0, rooms: ['team:*', ...sessions.map(id => `session:${id}`)] } })) })
    socket.on('message', (raw: Buffer) => {
      const frame = JSON.parse(raw.toString()) as Heard
      hear(frame)
      if (frame.event === 'caught_up') resolve(listener(() => { ended = true; socket.terminate() }))
    })
    socket.on('close', (code, reason) => { if (!ended) faults.push(`the listening socket was closed: ${code} ${reason.toString()}`) })
    socket.on('error', reject)
  })
}

/** The same by server-sent events. */
export function listenByStream ({ url, key }: ServerProcess): Promise<Listener> {
  const { hear, listener, faults } = createEar('stream')
  const request = httpRequest(`${url}/api/events/stream`, { agent: false, headers: { authorization: `Bearer ${key}` } })
  let ended = false
  const broken = () => { if (!ended) faults.push('the listening stream was closed') }
  return new Promise((resolve, reject) => {
    request.on('error', reject).on('response', (response: IncomingMessage) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (part: string) => {
        const parts = (text + part).split('\n\n')
        text = parts.pop()!
        for (const one of parts) {
          if (one.startsWith('event: caught_up')) resolve(listener(() => { ended = true; request.destroy() }))
          if (one.startsWith('id: ')) hear(JSON.parse(one.slice(one.indexOf('\ndata: ') + 7)) as Heard)
        }
      })
      response.on('close', broken).on('error', () => {})
    }).end()
  })
}
