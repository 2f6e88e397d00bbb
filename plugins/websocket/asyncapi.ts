import { Type, type TSchema } from '@sinclair/typebox'
import { Event } from '../../schemas/event.ts'
import { Auth, NOTICES, frame } from '../../schemas/frame.ts'
import type { Tool } from '../../src/tool.ts'

interface Message { name: string, title: string, summary?: string, description?: string, contentType: string, payload: object }

/** Names of components know no colon. */
const key = (event: string) => event.replaceAll(':', '.')
const refs = (names: readonly string[]) => names.map(name => ({ $ref: `#/channels/socket/messages/${name}` }))

/** Clients choose a key of their own for what changes something, so that a retry does it once. */
const idempotencyKey = { idempotencyKey: Type.Optional(Type.String({ minLength: 1, description: 'The same key and input is done once, however often it comes' })) }

/** The AsyncAPI 3 document of `/ws`, from the requests it takes and the events that are stored. */
export function asyncApiDocument (requests: ReadonlyMap<string, { tool: Tool, answer: string, events: boolean }>, version: string): object {
  const messages: Record<string, Message> = {}
  const operations: Record<string, object> = {}
  const add = (name: string, payload: TSchema, title: string, more: Partial<Message> = {}) => {
    messages[name] = { name, title, ...more, contentType: 'application/json', payload }
    return name
  }

  add('auth', Auth, 'The key, where no header could be set: the first frame, within 5 s')
  operations.auth = operation('receive', ['auth'], 'Says who the client is', ['hello', 'error'])
  for (const [event, { tool, answer, events }] of requests) {
    const changes = tool.http.method !== 'GET' && tool.http.url !== ''
    add(key(event), frame(event, tool.input, changes ? idempotencyKey : {}), tool.title, { description: tool.description })
    const result = add(`${key(event)}.${answer}`, frame(answer, tool.output), `The answer to ${event}`)
    operations[key(event)] = operation('receive', [key(event)], tool.title, [result, ...(events ? ['tell.started', 'tell.chunk', 'tell.complete', 'tell.error'] : []), 'error'])
  }
  for (const [event, { title, schema }] of Object.entries(NOTICES)) add(key(event), schema, title)
  for (const { properties, description } of Event.anyOf) {
    const event = properties.event.const
    const seq = Type.Optional(Type.Integer({ description: 'Its number on the one line of all events: the cursor of `resume`' }))
    add(key(event), frame(event, properties.data, { seq }), description ?? event)
  }
  const heard = [...Object.keys(NOTICES).map(key), ...Event.anyOf.map(({ properties }) => key(properties.event.const))]
  operations.events = operation('send', heard, 'What happens, to those who subscribed or whose request caused it')

  return plain({
    asyncapi: '3.0.0',
    info: {
      title: 'Iris',
      version,
      description: 'JSON text frames `{event, data, id?}` over a WebSocket, both ways. Every tool\'s name is a request; a client that comes back says `resume` with the last `seq` it has.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT' }
    },
    defaultContentType: 'application/json',
    servers: { local: { host: '127.0.0.1:1615', protocol: 'ws', description: 'The default address', security: [{ $ref: '#/components/securitySchemes/key' }] } },
    channels: {
      socket: {
        address: '/ws',
        title: 'The WebSocket',
        description: 'Closed with 1013 and `{"seq": …}` where a client does not read, 4401 without a valid key, 4403 where a key may no longer hear what it subscribed to.',
        messages: Object.fromEntries(Object.keys(messages).map(name => [name, { $ref: `#/components/messages/${name}` }])),
        servers: [{ $ref: '#/servers/local' }]
      }
    },
    operations,
    components: {
      messages,
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key: `iris key create` makes one. Where no header can be set, the first frame is `auth`' } }
    }
  })
}

function operation (action: 'send' | 'receive', names: readonly string[], title: string, replies?: readonly string[]): object {
  const channel = { $ref: '#/channels/socket' }
  return { action, channel, title, messages: refs(names), ...(replies !== undefined && { reply: { channel, messages: refs(replies) } }) }
}

/** TypeBox's symbols stay behind. */
const plain = (document: object) => JSON.parse(JSON.stringify(document)) as object
