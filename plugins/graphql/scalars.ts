import { GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql'

/** Timestamps and counts are beyond the 32 bits of GraphQL's own Int. */
export const SafeInt = new GraphQLScalarType<number, number>({
  name: 'SafeInt',
  description: 'A whole number of up to 53 bits: what a JSON number holds exactly, e.g. Unix ms',
  parseValue: exact,
  parseLiteral: node => exact(node.kind === Kind.INT ? Number(node.value) : undefined)
})

/** As it is, with nothing to select in it. As an argument it may be a variable or a literal. */
export const Json = new GraphQLScalarType({
  name: 'JSON',
  description: 'Any JSON value, whole: what an agent or its tool said, whose shape is its own',
  parseValue: value => value,
  parseLiteral: (node: ValueNode, variables) => valueFromASTUntyped(node, variables)
})

function exact (value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new TypeError('SafeInt is a whole number of up to 53 bits')
  return value as number
}
