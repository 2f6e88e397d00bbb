import type { ErrorObject } from 'ajv/dist/2020.js'
import type { TSchema } from '@sinclair/typebox'
import { DURATION } from '../../schemas/duration.ts'
import { bound } from '../validate.ts'
import { suggestion } from '../nearest.ts'

const SHOWN = 8

/** Why a configuration cannot be used: each problem a sentence that names the field, the line where there is one, and the fix. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly problems: readonly string[]

  constructor (where: string, problems: readonly string[], cause?: unknown) {
    const shown = problems.slice(0, SHOWN).map(problem => `  ${problem}`)
    if (problems.length > SHOWN) shown.push(`  and ${problems.length - SHOWN} more`)
    super(problems.length === 1 ? `${where}: ${problems[0]}` : `${where} has ${problems.length} problems:\n${shown.join('\n')}`, { cause })
    this.problems = problems
  }
}

/** A step of a path into the file: a key, or the place in a list. */
export type Step = string | number

/** One thing wrong at one place. `key` is a key that should not be there. */
export interface Problem { path: Step[], key?: string, text: string }

/** An Ajv error about `schema` in words. Values are not shown: they may be secrets. */
export function describe (error: ErrorObject, schema: TSchema): Problem {
  const path = steps(error.instancePath)
  const field = `'${path.join('.')}'`
  const node = schemaAt(schema, path)
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties': return unknownKey(path, String(params.additionalProperty), node)
    case 'required': return { path, text: `'${[...path, params.missingProperty].join('.')}' is missing${hint(node?.properties?.[String(params.missingProperty)])}` }
    case 'enum': return notOneOf(path, error.data, params.allowedValues as string[])
    case 'type': return { path, text: `${path.length === 0 ? 'the file' : field} must be ${typeName(params.type)}, not ${kind(error.data)}${hint(node)}` }
    case 'pattern': return { path, text: node?.pattern === DURATION ? `${field} must be a duration: 500ms, 20s, 2m, 1h, 1d, or a number of ms` : `${field} is malformed${suggestion(error.data, wordsOf(node))}${hint(node)}` }
    default: return { path, text: `${path.length === 0 ? 'the file' : field} ${bound(error) ?? error.message ?? 'is invalid'}${hint(node)}` }
  }
}

/** A value that is none of those that it may be. */
export function notOneOf (path: Step[], value: unknown, allowed: readonly string[]): Problem {
  return { path, text: `'${path.join('.')}' must be one of ${allowed.join(', ')}${suggestion(value, allowed)}` }
}

function unknownKey (path: Step[], key: string, node: TSchema | undefined): Problem {
  const full = [...path, key].join('.')
  if (node?.patternProperties !== undefined) {
    return {
      path,
      key,
      text: path.join('.') === 'teams'
        ? `'${full}' is no team name: those are lower-case letters, digits, '_', '.' and '-', at most 64${fixedName(key)}`
        : path.at(-1) === 'env'
          ? `'${full}' is no name of an environment variable: letters, digits and '_'`
          : `'${full}' is no name: letters, digits, '_' and '-', at most 64`
    }
  }
  const known = Object.keys((node?.properties ?? {}) as object)
  return { path, key, text: `unknown key '${full}'${suggestion(key, known) || `; known are ${known.join(', ')}`}` }
}

function fixedName (key: string): string {
  const name = key.toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, '-').replace(/^[^a-z0-9]+/, '').slice(0, 64)
  return name === '' ? '' : `; e.g. '${name}'`
}

/** Those that a pattern of nothing but words stands for. */
const wordsOf = (node: TSchema | undefined) => /^\^\(([a-z|]+)\)\$$/.exec(String(node?.pattern))?.[1]?.split('|') ?? []

const hint = (node: TSchema | undefined) => node?.description === undefined ? '' : ` (${node.description})`

const NAMES: Readonly<Record<string, string>> = {
  string: 'text', integer: 'a whole number', number: 'a number', boolean: 'true or false', array: 'a list', object: 'a set of keys'
}

const typeName = (type: unknown) => [type].flat().map(one => NAMES[String(one)] ?? String(one)).join(' or ')

function kind (value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value === null) return 'empty'
  return typeof value === 'object' ? 'a set of keys' : NAMES[typeof value]!
}

function steps (pointer: string): Step[] {
  return pointer.split('/').slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map(step => /^\d+$/.test(step) ? Number(step) : step)
}

/** The schema of what lies at a path; undefined where the schema knows nothing of it. */
export function schemaAt (schema: TSchema, path: readonly Step[]): TSchema | undefined {
  let node: TSchema | undefined = schema
  for (const step of path) {
    const properties = node?.properties as Record<string, TSchema> | undefined
    node = typeof step === 'number'
      ? node?.items as TSchema | undefined
      : properties !== undefined && Object.hasOwn(properties, step)
        ? properties[step]
        : Object.values((node?.patternProperties ?? {}) as Record<string, TSchema>)[0]
  }
  return node
}
