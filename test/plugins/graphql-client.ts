import type { Test } from 'tap'
import WebSocket from 'ws'
import type { Running } from '../fixtures/running.ts'

export interface Message { type: string, id?: string, payload?: { data?: Record<string, Item> | null, errors?: { message: string, extensions: Record<string, unknown> }[] } & Record<string, unknown> }
export interface Item { event: string, seq?: number, verdict?: string, from?: number, payload?: Record<string, unknown> }

export const STREAM = 'subscription ($rooms: [String!], $after: SafeInt) { event_stream(rooms: $rooms, after: $after) { event ... on StoredEvent { seq payload } ... on Resumed { verdict from head } ... on CaughtUp { caughtUp: seq } } }'

/** A socket of the protocol by hand: what a library would hide (pauses, codes) is what the tests are about. */
export async function openSocket (t: Test, { url }: Pick<Running, 'url'>, key: string | null, { header = true, protocol = 'graphql-transport-ws' } = {}) {
  const authorization = `Bearer ${key!}`
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocol, key !== null && header ? { headers: { authorization } } : {})
  t.teardown(() => { socket.terminate() })
  const messages: Message[] = []
  let wake = () => {}
  let ended: { code: number, reason: string } | undefined
  socket.on('message', (raw: Buffer) => { messages.push(JSON.parse(raw.toString()) as Message); wake() })
  const closed = new Promise<{ code: number, reason: string }>(resolve => {
    socket.on('close', (code, reason) => {
      resolve(ended = { code, reason: String(reason) })
      wake()
    })
  })
  socket.on('error', () => {})
  await Promise.race([new Promise(resolve => { socket.on('open', resolve) }), closed])

  /** The next message of this type that nobody took yet. */
  async function next (type: string, id?: string): Promise<Message> {
    for (;;) {
      const at = messages.findIndex(one => one.type === type && (id === undefined || one.id === id))
      if (at >= 0) return messages.splice(at, 1)[0]!
      if (ended !== undefined) throw new Error(`closed with ${ended.code} ${ended.reason} before a '${type}'`)
      await new Promise<void>(resolve => { wake = resolve })
    }
  }
  const send = (message: object) => { socket.send(JSON.stringify(message)) }
  const init = (payload: object | undefined = header || key === null ? undefined : { Authorization: authorization }) => {
    send({ type: 'connection_init', payload })
    return next('connection_ack')
  }
  const subscribe = (id: string, query: string, variables: object = {}) => { send({ type: 'subscribe', id, payload: { query, variables } }) }
  /** What a stream says next. */
  const item = async (id: string) => (await next('next', id)).payload!.data!.event_stream!
  return { socket, messages, closed, next, send, init, subscribe, item }
}
