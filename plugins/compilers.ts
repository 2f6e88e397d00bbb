import { createRequire } from 'node:module'
import type { SerializerFactory, SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

const require = createRequire(import.meta.url)
const load = () => (require('@fastify/fast-json-stringify-compiler') as { SerializerSelector: typeof SerializerSelector }).SerializerSelector()

/**
 * What Fastify makes of the schemas of routes. An answer's is compiled when it is first given, by what Fastify itself takes for
 * that, so that no start waits for either. An input's is documentation: the tool judges.
 */
export const compilersFactory: Compilers = {
  buildValidator: (() => () => () => true) as unknown as NonNullable<Compilers['buildValidator']>,
  buildSerializer (...given) {
    let compile: ReturnType<SerializerFactory> | undefined
    return route => {
      let write: ((answer: unknown) => string) | undefined
      return answer => {
        compile ??= load()(...given)
        write ??= compile(route)
        return write(answer)
      }
    }
  }
}

/** The same of a schema that belongs to no route. */
export function serializerOf (schema: object): (answer: unknown) => string {
  let write: ((answer: unknown) => string) | undefined
  return answer => {
    write ??= load()({}, {})({ method: '', url: '', httpStatus: '', schema })
    return write(answer)
  }
}
