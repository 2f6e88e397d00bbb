import type { TSchema } from '@sinclair/typebox'
import {
  GraphQLBoolean, GraphQLEnumType, GraphQLFloat, GraphQLInputObjectType, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString,
  type GraphQLFieldConfigArgumentMap, type GraphQLInputType, type GraphQLInterfaceType, type GraphQLNamedType, type GraphQLOutputType
} from 'graphql'
import { Json, SafeInt } from './scalars.ts'

/** What has this name where it is first met keeps it: `path` is the name of what it is found in, and its field. */
export interface Types {
  output (schema: TSchema, path: string): GraphQLOutputType
  /** An object type of this very name, for what is no part of another. */
  object (schema: TSchema, name: string, interfaces?: GraphQLInterfaceType[]): GraphQLObjectType
  args (schema: TSchema, path: string): GraphQLFieldConfigArgumentMap
}

const NAME = /^(?!__)[A-Za-z_]\w*$/
/** GraphQL's Int. */
const INT = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }

/**
 * GraphQL types from TypeBox schemas. What is built alike is one type, named as the noun that it is, else by where it is found.
 * What GraphQL cannot say (open objects, several types, enums whose words are no names) is JSON, or a plain String.
 */
export function createTypes (nouns: Readonly<Record<string, TSchema>>): Types {
  const nameOf = new Map(Object.entries(nouns).map(([name, schema]) => [keyOf(schema), name]))
  const made = new Map<string, GraphQLNamedType>()
  const taken = new Set<string>()

  /** One type for all that is built alike on this side. */
  function once<T extends GraphQLNamedType> (schema: TSchema, path: string, side: '' | 'Input', make: (name: string) => T): T {
    const key = side + keyOf(schema)
    const found = made.get(key)
    if (found !== undefined) return found as T
    let name = (nameOf.get(keyOf(schema)) ?? path) + side
    while (taken.has(name)) name += '_'
    taken.add(name)
    const type = make(name)
    made.set(key, type)
    return type
  }

  function leaf (schema: TSchema, path: string) {
    const words = schema.enum as unknown[] | undefined
    if (words !== undefined && words.every(word => typeof word === 'string' && NAME.test(word) && !/^(true|false|null)$/.test(word))) {
      return once(schema, path, '', name => new GraphQLEnumType({ name, values: Object.fromEntries(words.map(word => [word, {}])) }))
    }
    switch (schema.type) {
      case 'string': return GraphQLString
      case 'boolean': return GraphQLBoolean
      case 'number': return GraphQLFloat
      case 'integer': return (schema.minimum as number) >= INT.minimum && (schema.maximum as number) <= INT.maximum ? GraphQLInt : SafeInt
      default: return Json
    }
  }

  function fields<T> (schema: TSchema, path: string, typeOf: (schema: TSchema, path: string) => T, required: (type: T) => T) {
    const needed = new Set(schema.required as string[] | undefined)
    return Object.fromEntries(Object.entries(schema.properties as Record<string, TSchema>).map(([name, field]) => {
      const type = typeOf(field, path + pascal(name))
      return [name, { type: needed.has(name) ? required(type) : type, ...(field.description !== undefined && { description: field.description }) }]
    }))
  }

  const object = (schema: TSchema, name: string, interfaces: GraphQLInterfaceType[] = []) => {
    taken.add(name)
    return new GraphQLObjectType({ name, interfaces, fields: () => fields(schema, name, output, type => new GraphQLNonNull(type)), ...(schema.description !== undefined && { description: schema.description }) })
  }

  function output (schema: TSchema, path: string): GraphQLOutputType {
    if (schema.type === 'array' && schema.items !== undefined) return new GraphQLList(new GraphQLNonNull(output(schema.items as TSchema, path)))
    return isClosed(schema) ? once(schema, path, '', name => object(schema, name)) : leaf(schema, path)
  }

  function input (schema: TSchema, path: string): GraphQLInputType {
    if (schema.type === 'array' && schema.items !== undefined) return new GraphQLList(new GraphQLNonNull(input(schema.items as TSchema, path)))
    if (!isClosed(schema)) return leaf(schema, path)
    return once(schema, path, 'Input', name => new GraphQLInputObjectType({ name, fields: () => fields(schema, name, input, type => new GraphQLNonNull(type)) }))
  }

  return {
    output,
    object,
    args (schema, path) {
      const args: GraphQLFieldConfigArgumentMap = fields(schema, path, input, type => new GraphQLNonNull(type))
      for (const [name, field] of Object.entries(schema.properties as Record<string, TSchema>)) if ('default' in field) args[name]!.defaultValue = field.default
      return args
    }
  }
}

/** `team_wake_all`, `tell:chunk` and `firstAt` as parts of a type's name. */
export const pascal = (name: string) => name.replaceAll(/(?:^|[_:])(\w)/g, (_, first: string) => first.toUpperCase())

/** Whether its fields are known, and have names that GraphQL takes. */
function isClosed ({ type, properties, additionalProperties }: TSchema): boolean {
  const names = Object.keys((properties ?? {}) as object)
  return type === 'object' && names.length > 0 && names.every(name => NAME.test(name)) && (additionalProperties === undefined || additionalProperties === false)
}

/** How it is built, without what is said of it. */
const keyOf = (schema: TSchema) => JSON.stringify(built(schema))
function built ({ description, examples, title, default: _, ...schema }: TSchema): object {
  return {
    ...schema,
    ...(schema.properties && { properties: Object.fromEntries(Object.entries(schema.properties as Record<string, TSchema>).map(([name, field]) => [name, built(field)])) }),
    ...(schema.items && { items: built(schema.items as TSchema) })
  }
}
