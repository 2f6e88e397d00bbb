import type { TObject } from '@sinclair/typebox'

/**
 * Throws where a tool's schemas are more than MCP clients can carry. One such tool makes some clients drop all of a server's:
 * names of `[a-zA-Z0-9_-]{1,64}`, roots that are plain objects, no references, no tuples (an array `items` is no schema in 2020-12).
 */
export function lintSchemas (name: string, input: TObject, output: TObject): void {
  if (!/^[a-z]+(_[a-z]+)+$/.test(name) || name.length > 64) throw new Error(`Tool '${name}': the name must be noun_verb, at most 64 characters`)
  for (const [side, schema] of [['input', input], ['output', output]] as const) {
    if (schema.type !== 'object') throw new Error(`Tool '${name}': the ${side} must be an object`)
    for (const word of ['oneOf', 'anyOf', 'allOf', 'not', 'if']) {
      if (word in schema) throw new Error(`Tool '${name}': no ${word} at the root of the ${side}`)
    }
    walk(schema, `${name}.${side}`)
  }
  if (input.additionalProperties !== false) throw new Error(`Tool '${name}': the input must refuse unknown fields (additionalProperties: false)`)
}

function walk (node: unknown, at: string): void {
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node)) {
    if (key === '$ref' || key === '$dynamicRef') throw new Error(`${at}: no ${key}`)
    if (key === 'items' && Array.isArray(value)) throw new Error(`${at}: no tuples`)
    walk(value, `${at}.${key}`)
  }
}
