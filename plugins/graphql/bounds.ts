import { Kind, Location, valueFromASTUntyped, type ArgumentNode, type DocumentNode, type FieldNode, type GraphQLResolveInfo, type GraphQLSchema, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import { ValidationError } from '../../src/errors.ts'

/** Characters and tokens of a document. */
export const MAX_TEXT = 64 * 1024
export const MAX_TOKENS = 4_000
/** Levels of a query. What the tools answer has six; the introspection of common clients has fifteen. */
export const MAX_DEPTH = 18
/** Tools called in one operation. */
const MAX_ROOTS = 20
/** Fields of one operation, with what its fragments add; and other names given to fields, which make an answer longer than what it is of. */
const MAX_FIELDS = 1_000
const MAX_ALIASES = 50

/**
 * Throws ValidationError where a document asks for more than one request may. It comes before validation, which then judges
 * fragments that hold themselves and the like. `document` is as the parser made it: a tree sent as JSON is none.
 */
export function bound (document: DocumentNode): void {
  if (!(document.loc instanceof Location)) throw new ValidationError('A GraphQL document is text, not JSON')
  const fragments = new Map<string, SelectionSetNode>()
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one.selectionSet)
  const known = new Map<string, Count>()

  function count ({ selections }: SelectionSetNode): Count {
    const sum = { roots: 0, fields: 0, aliases: 0 }
    for (const one of selections) {
      if (one.kind === Kind.FIELD) {
        const below = one.selectionSet === undefined ? NONE : count(one.selectionSet)
        sum.roots++
        sum.fields += 1 + below.fields
        sum.aliases += (one.alias === undefined ? 0 : 1) + below.aliases
        continue
      }
      const more = one.kind === Kind.INLINE_FRAGMENT ? count(one.selectionSet) : spread(one.name.value)
      sum.roots += more.roots
      sum.fields += more.fields
      sum.aliases += more.aliases
    }
    return sum
  }

  function spread (name: string): Count {
    const found = known.get(name)
    if (found !== undefined) return found
    known.set(name, NONE) // one that holds itself is refused by validation
    const set = fragments.get(name)
    const sum = set === undefined ? NONE : count(set)
    known.set(name, sum)
    return sum
  }

  for (const one of document.definitions) {
    if (one.kind !== Kind.OPERATION_DEFINITION) continue
    const { roots, fields, aliases } = count(one.selectionSet)
    for (const [number, most, what] of [[roots, MAX_ROOTS, 'tools'], [fields, MAX_FIELDS, 'fields'], [aliases, MAX_ALIASES, 'aliases']] as const) {
      if (number > most) throw new ValidationError(`One operation may name at most ${most} ${what}; this one has ${number}`)
    }
  }
}

/** Whether a field of the root may be left out: nothing would be left to subscribe to. Of a document that is valid. */
export function mayLackAll ({ definitions }: DocumentNode, { selectionSet }: OperationDefinitionNode): boolean {
  const conditional = ({ selections }: SelectionSetNode): boolean => selections.some(one =>
    one.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include') === true ||
    (one.kind === Kind.INLINE_FRAGMENT && conditional(one.selectionSet)) ||
    (one.kind === Kind.FRAGMENT_SPREAD && definitions.some(found => found.kind === Kind.FRAGMENT_DEFINITION && found.name.value === one.name.value && conditional(found.selectionSet))))
  return conditional(selectionSet)
}

interface Count { readonly roots: number, readonly fields: number, readonly aliases: number }
const NONE: Count = { roots: 0, fields: 0, aliases: 0 }

/** Arguments that a field of the root does not know, kept beside it. */
const unknown = new WeakMap<FieldNode, ArgumentNode[]>()

/** Takes them out of the document, before validation would refuse them: whoever answers to the field does so, in its own words. */
export function setAsideUnknown (document: DocumentNode, schema: GraphQLSchema): void {
  const rootOf = ({ operation }: OperationDefinitionNode) => schema.getRootType(operation)?.getFields()
  for (const one of document.definitions) {
    const fields = one.kind === Kind.OPERATION_DEFINITION ? rootOf(one) : undefined
    if (fields === undefined) continue
    for (const node of (one as OperationDefinitionNode).selectionSet.selections) {
      if (node.kind !== Kind.FIELD || node.arguments === undefined) continue
      const known = fields[node.name.value]?.args.map(({ name }) => name)
      const others = known === undefined ? [] : node.arguments.filter(({ name }) => !known.includes(name.value))
      if (others.length === 0) continue
      unknown.set(node, others);
      (node as { arguments: readonly ArgumentNode[] }).arguments = node.arguments.filter(argument => !others.includes(argument))
    }
  }
}

export function unknownArguments ({ fieldNodes, variableValues }: GraphQLResolveInfo): Record<string, unknown> {
  return Object.fromEntries(fieldNodes.flatMap(node => unknown.get(node) ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value, variableValues) ?? null]))
}
