import Fastify from 'fastify'
import { GraphQLError, getOperationAST, parse, printSchema, subscribe, validate, type DocumentNode, type ExecutionResult, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import mercurius from 'mercurius'
import { ValidationError } from '../../src/errors.ts'
import type { Tool } from '../../src/tool.ts'
import type { Asked } from './asked.ts'
import { MAX_DEPTH, MAX_TEXT, MAX_TOKENS, bound, mayLackAll, setAsideUnknown } from './bounds.ts'
import { formatter } from './errors.ts'
import { createSchema } from './schema.ts'

/** One request for an operation, as its sender gave it. */
export interface Operation { query: string, variables?: Record<string, unknown>, operationName?: string }

export interface Answer {
  data?: unknown
  errors?: readonly GraphQLFormattedError[]
}

export interface Engine {
  /** Of a query or a mutation. `refused`: it was not begun. Never rejects. */
  execute (operation: Operation, asked: Asked): Promise<{ answer: Answer, refused: boolean }>
  /** The document, parsed; one that asks for a subscription is judged too. Throws ValidationError, GraphQLError. */
  read (operation: Operation): DocumentNode
  subscribe (document: DocumentNode, operation: Operation, asked: Asked): Promise<AsyncGenerator<ExecutionResult, void, void> | ExecutionResult>
  format (err: unknown): GraphQLFormattedError
  readonly schema: GraphQLSchema
  close (): Promise<void>
}

/** Documents that are kept parsed and judged. */
const DOCUMENTS = 50
const parseOptions = { maxTokens: MAX_TOKENS }
const validateOptions = { maxErrors: 10 }

/**
 * mercurius, without its routes: it parses, judges and executes, and remembers the documents. It is a Fastify plugin, so it has
 * an instance of its own, made when the first operation comes: a server that is asked nothing of the kind does not load it.
 */
export async function createEngine ({ tools, eventStream, now, failed }: {
  tools: readonly Tool[]
  eventStream: Tool
  /** Unix ms */
  now (): number
  /** Hears the faults of ours. */
  failed (err: unknown): void
}): Promise<Engine> {
  const schema = createSchema(tools, eventStream)
  const format = formatter({ now, failed })
  const app = Fastify()
  await app.register(mercurius, {
    schema,
    routes: false,
    cache: DOCUMENTS,
    queryDepth: MAX_DEPTH,
    graphql: { parseOptions, validateOptions },
    errorFormatter: ({ data, errors }) => ({ statusCode: 200, response: { data: data ?? null, errors: errors!.map(format) as unknown as GraphQLError[] } })
  })
  app.graphql.addHook('preValidation', async (_, document) => {
    bound(document)
    setAsideUnknown(document, schema)
  })
  app.graphql.addHook('preExecution', async (_, document, context) => {
    const { operationName } = context as unknown as Operation
    if (getOperationAST(document, operationName)?.operation === 'subscription') throw new ValidationError('Subscriptions come through a WebSocket, at the same path')
  })
  await app.ready()

  return {
    schema,
    format,
    async execute ({ query, variables, operationName }, asked) {
      try {
        short(query)
        // Where there are variables they are judged before it is begun, and with them which operation it is.
        return { answer: await app.graphql(query, { asked, operationName }, variables ?? {}, operationName) as Answer, refused: false }
      } catch (err) {
        const { errors } = err as { errors?: readonly unknown[] }
        return { answer: { errors: Array.isArray(errors) ? errors.map(one => format(asClientFault(one))) : [format(err)] }, refused: true }
      }
    },
    read ({ query, operationName }) {
      short(query)
      const document = parse(query, parseOptions)
      bound(document)
      const wanted = getOperationAST(document, operationName)
      if (wanted == null) throw new ValidationError("'operationName' must be the name of one of the document's operations")
      if (wanted.operation !== 'subscription') return document
      setAsideUnknown(document, schema)
      const [wrong] = validate(schema, document, undefined, validateOptions)
      if (wrong !== undefined) throw wrong
      if (mayLackAll(document, wanted)) throw new ValidationError('@skip and @include cannot be said of what a subscription subscribes to')
      return document
    },
    async subscribe (document, { variables, operationName }, asked) {
      return await subscribe({ schema, document, contextValue: { asked }, ...(variables !== undefined && { variableValues: variables }), ...(operationName !== undefined && { operationName }) }) as Awaited<ReturnType<Engine['subscribe']>>
    },
    close: () => app.close()
  }
}

/** The schema as text, in the language of GraphQL. */
export const schemaText = (tools: readonly Tool[], eventStream: Tool) => printSchema(createSchema(tools, eventStream)) + '\n'

function short (query: string) {
  if (query.length > MAX_TEXT) throw new ValidationError(`A GraphQL document may have at most ${MAX_TEXT} characters`)
}

/** What mercurius itself finds too deep is an error of its own kind. */
const asClientFault = (err: unknown) => err instanceof GraphQLError ? err : new GraphQLError((err as Error).message)
