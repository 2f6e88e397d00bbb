import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { IrisError, ValidationError, toErrorBody } from '../../src/errors.ts'

/**
 * Gives errors the one error body, as their `extensions`. `failed` hears the faults of ours. What GraphQL itself refuses (syntax,
 * validation, variables) is a ValidationError in its words.
 */
export function formatter ({ now, failed }: { now (): number, failed (err: unknown): void }): (err: unknown) => GraphQLFormattedError {
  return err => {
    const graph = err instanceof GraphQLError ? err : undefined
    const cause = graph === undefined ? err : originOf(graph) ?? new ValidationError(graph.message)
    if (!(cause instanceof IrisError)) failed(cause)
    const body = toErrorBody(cause, now())
    return {
      message: body.message,
      ...(graph?.locations !== undefined && { locations: graph.locations }),
      ...(graph?.path !== undefined && { path: graph.path }),
      extensions: { ...body }
    }
  }
}

/** An error of anyone's as GraphQL carries it. */
export function asGraphQLError (err: unknown): GraphQLError {
  if (err instanceof GraphQLError) return err
  const originalError = err instanceof Error ? err : new Error(String(err))
  return new GraphQLError(originalError.message, { originalError })
}

/** What it was thrown for, where that is not GraphQL's own: a variable that is not of its type is refused by an error within another, before any field. */
const originOf = ({ originalError, path }: GraphQLError) => originalError instanceof GraphQLError && path === undefined ? undefined : originalError
