import type { TObject, TSchema } from '@sinclair/typebox'
import { GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString, type GraphQLFieldConfig, type GraphQLResolveInfo } from 'graphql'
import * as approval from '../../schemas/approval.ts'
import * as error from '../../schemas/error.ts'
import { Event } from '../../schemas/event.ts'
import * as message from '../../schemas/message.ts'
import * as place from '../../schemas/place.ts'
import * as session from '../../schemas/session.ts'
import * as team from '../../schemas/team.ts'
import * as tell from '../../schemas/tell.ts'
import type { Tool } from '../../src/tool.ts'
import type { Asked } from './asked.ts'
import { unknownArguments } from './bounds.ts'
import { Json, SafeInt } from './scalars.ts'
import { createTypes, pascal, type Types } from './types.ts'

export interface Context { asked: Asked }

type Field = GraphQLFieldConfig<unknown, Context, Record<string, unknown>>

/**
 * Queries are the tools that read, mutations the others, and the one subscription is the log: all from the registry and the
 * union of events. Fields are nullable at the root, so that of several one may fail.
 */
export function createSchema (tools: readonly Tool[], eventStream: Tool): GraphQLSchema {
  const types = createTypes(nounsOf(approval, error, message, place, session, team, tell))
  const reads = tools.filter(({ http }) => http.method === 'GET')
  const changes = tools.filter(({ http }) => http.method !== 'GET')
  const { item, all } = streamTypes(types, eventStream)
  const fieldsOf = (list: readonly Tool[]) => Object.fromEntries(list.map(tool => [tool.name, fieldOf(tool, types)]))
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: () => fieldsOf(reads) }),
    ...(changes.length > 0 && { mutation: new GraphQLObjectType({ name: 'Mutation', description: 'One after the other, in order', fields: () => fieldsOf(changes) }) }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: () => ({
        [eventStream.name]: {
          type: new GraphQLNonNull(item),
          description: said(eventStream),
          args: types.args(eventStream.input, pascal(eventStream.name)),
          subscribe: (_, args, { asked }, info) => asked.stream!(given(args, info)),
          resolve: one => one
        } satisfies Field
      })
    }),
    types: all
  })
}

const said = ({ title, description }: Tool) => `${title}. ${description}`

function fieldOf (tool: Tool, types: Types): Field {
  const name = pascal(tool.name)
  const args = types.args(tool.input, name)
  if (tool.http.method !== 'GET') args.idempotencyKey = { type: GraphQLString, description: 'A name of your choice for this call: sent again with the same key and input, it is done once and answered alike. Default: the header Idempotency-Key' }
  return {
    type: types.object(tool.output, `${name}Result`),
    description: said(tool),
    args,
    resolve (_, { idempotencyKey, ...own }, { asked }, info) {
      return asked.run(tool, given(own, info), idempotencyKey)
    }
  }
}

/** What the caller gave: null is not given. What the tool does not know is given too: it refuses that in its own words. */
function given (args: Record<string, unknown>, info: GraphQLResolveInfo): Record<string, unknown> {
  return { ...Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null)), ...unknownArguments(info) }
}

function nounsOf (...files: object[]): Record<string, TSchema> {
  return Object.fromEntries(files.flatMap(file => Object.entries(file as Record<string, unknown>))
    .filter((entry): entry is [string, TSchema] => typeof entry[1] === 'object' && entry[1] !== null && 'type' in entry[1]))
}

/** What a subscriber is sent, and what it says where it begins and where it is up to date. */
function streamTypes (types: Types, { output }: Tool) {
  const text = { type: new GraphQLNonNull(GraphQLString) }
  const number = { type: new GraphQLNonNull(SafeInt) }
  const resolveType = (one: unknown) => pascal((one as { event: string }).event)
  const item = new GraphQLInterfaceType({
    name: 'StreamItem',
    description: 'What a subscriber hears: first Resumed, then the events it missed, then CaughtUp, then what happens',
    fields: { event: { ...text, description: 'Which: resumed, caught_up, or the name of the event' } },
    resolveType
  })
  const base = {
    event: text,
    seq: { ...number, description: 'Its number on the one line of all events: the next `after`' },
    at: { ...number, description: 'Unix ms' },
    payload: { type: new GraphQLNonNull(Json), description: 'Its data, whole' }
  }
  const stored = new GraphQLInterfaceType({ name: 'StoredEvent', interfaces: [item], fields: base, resolveType })
  const resumed = types.object({ ...output, properties: { event: { type: 'string' }, ...output.properties }, required: ['event', ...output.required!] } as unknown as TSchema, 'Resumed', [item])
  const caughtUp = new GraphQLObjectType({
    name: 'CaughtUp', description: 'All that was missed has been sent; what follows is live', interfaces: [item], fields: { event: text, seq: { ...number, description: 'The last event that was missed' } }
  })
  // One selection may name a field in several events only where it is nullable in all of them or in none.
  const members = Event.anyOf.map(({ properties, description }) => ({ name: pascal(properties.event.const), data: properties.data as TObject, description }))
  const optional = new Set(members.flatMap(({ data }) => Object.keys(data.properties).filter(name => data.required?.includes(name) !== true)))
  const events = members.map(({ name, data, description }) => new GraphQLObjectType({
    name,
    ...(description !== undefined && { description }),
    interfaces: [item, stored],
    fields: () => ({ ...base, data: { type: new GraphQLNonNull(types.object({ ...data, required: data.required!.filter(field => !optional.has(field)) }, `${name}Data`)) } })
  }))
  return { item, all: [stored, resumed, caughtUp, ...events] }
}
