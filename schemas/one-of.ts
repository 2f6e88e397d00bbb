import { Type } from '@sinclair/typebox'

/** A closed set of strings, written as the JSON Schema `enum` that OpenAPI and MCP clients read best. */
export function OneOf<const T extends readonly string[]> (values: T, options: { description?: string, default?: T[number] } = {}) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options })
}
