import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import type { TObject, TSchema } from '@sinclair/typebox'
import { SessionId } from '../schemas/session.ts'
import { TeamName } from '../schemas/team.ts'
import { TellId } from '../schemas/tell.ts'
import { createAjv } from './ajv.ts'
import { ValidationError } from './errors.ts'

let ajv: ReturnType<typeof createAjv> | undefined

/**
 * One Ajv judges every transport. It neither coerces nor drops: what REST refuses, MCP and WebSocket refuse too. The schemas
 * are constants: that each is one is for a test to say, not for each start.
 */
function compile (schema: TSchema): ValidateFunction {
  ajv ??= createAjv({
    useDefaults: true, coerceTypes: false, removeAdditional: false, strict: true, allowUnionTypes: true, validateFormats: false, meta: false, validateSchema: false
  })
  return ajv.compile(schema)
}

/** TypeBox marks its schemas with symbols, which Ajv does not see; its `Kind` strings are no keywords. */
export function checker<T> (name: string, schema: TObject): (raw: unknown) => T {
  const fields = Object.keys(schema.properties)
  let valid: ValidateFunction | undefined
  return raw => {
    valid ??= compile(schema)
    const args: unknown = raw === undefined || raw === null ? {} : typeof raw === 'object' && !Array.isArray(raw) ? { ...raw } : raw
    if (!valid(args)) {
      const [error] = valid.errors!
      const known = `${name} takes ${fields.join(', ') || 'nothing'}`
      // What is missing may be there under another name.
      const stray = error!.keyword === 'required' && error!.instancePath === '' ? Object.keys(args as object).find(field => !fields.includes(field)) : undefined
      throw new ValidationError(sentence(error!, schema, known) + (stray === undefined ? '' : `; ${unknownField(stray, known)}`))
    }
    const why = unfit(args)
    if (why !== undefined) throw new ValidationError(why)
    return args as T
  }
}

/** Levels of nested values: whoever writes them as JSON has a call within a call for each. */
const DEPTH = 500

/**
 * Why a value is not taken: a text that would not come back from UTF-8, or from the store, as it is; a key that changes what an object is, where somebody
 * assigns it; one that is nested too deep.
 */
function unfit (value: unknown, path = '', depth = 0): string | undefined {
  if (typeof value === 'string') return (value as string & { isWellFormed (): boolean }).isWellFormed() ? undefined : `'${path}' is no valid Unicode: it holds half of a surrogate pair`
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > DEPTH) return `'${path.split('.', 1)[0]!}' is nested more than ${DEPTH} levels deep`
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key]
    const at = path === '' ? key : `${path}.${key}`
    if (key === '__proto__') return `'${at}' is not taken: no key may be called '__proto__'`
    if (key === 'constructor' && typeof inner === 'object' && inner !== null && Object.hasOwn(inner, 'prototype')) return `'${at}.prototype' is not taken: no 'constructor' may hold a 'prototype'`
    const why = unfit(inner, at, depth + 1)
    if (why !== undefined) return why
  }
  return undefined
}

/** A checker for what we answer ourselves: a mismatch is our fault, so it is an InternalError to the caller. */
export function outputChecker (name: string, schema: TSchema): (value: unknown) => void {
  let valid: ValidateFunction | undefined
  return value => {
    valid ??= compile(schema)
    if (!valid(value)) throw new Error(`${name} answered what its schema does not say: ${ajv!.errorsText(valid.errors)}`)
  }
}

const unknownField = (name: string, known: string) => `unknown field '${name.slice(0, 100)}'; ${known}`

/** One sentence that names the field and the fix. */
export function sentence (error: ErrorObject, schema: TSchema, known: string): string {
  const { instancePath, keyword, params, message } = error
  const path = instancePath.slice(1).split('/').map(step => step.replaceAll('~1', '/').replaceAll('~0', '~')).join('.')
  const field = path === '' ? 'the input' : `'${path}'`
  switch (keyword) {
    case 'additionalProperties': return `${path === '' ? '' : `in ${field}: `}${unknownField(String(params.additionalProperty), known)}`
    case 'required': return `${path === '' ? '' : `in ${field}: `}'${String(params.missingProperty)}' is required`
    case 'enum': return `${field} must be one of ${(params.allowedValues as unknown[]).join(', ')}`
    case 'pattern': {
      const expected = SHAPES.get(String(params.pattern)) ?? describe(schema, instancePath)
      return `${field} is malformed${expected === undefined ? `: it ${message}` : `; expected: ${expected}`}`
    }
    case 'type': return `${field} must be ${[params.type].flat().map(one => TYPES[String(one)] ?? String(one)).join(' or ')}`
    default: return `${field} ${bound(error) ?? message ?? 'is invalid'}`
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string', integer: 'a whole number', number: 'a number', boolean: 'true or false', array: 'an array', object: 'an object'
}

/** What names and ids look like: a field that holds one may describe what it is for, and not this. */
const UUID = 'a UUID in lower case'
const SHAPES: ReadonlyMap<string, string> = new Map([
  [TeamName.pattern!, 'lower-case letters, digits, `_`, `.` and `-`, at most 64, the first a letter or a digit'],
  [SessionId.pattern!, UUID],
  [TellId.pattern!, UUID]
])

/** What is too small, too large or there twice, as the rest of a sentence; undefined where it is something else. */
export function bound ({ keyword, params }: ErrorObject): string | undefined {
  const limit = Number(params.limit)
  const least = (what: string) => limit === 1 ? 'must not be empty' : `must have at least ${limit} ${what}`
  const most = (what: string) => `must have at most ${limit} ${what}${limit === 1 ? '' : 's'}`
  switch (keyword) {
    case 'minimum': return `must be at least ${limit}`
    case 'exclusiveMinimum': return `must be more than ${limit}`
    case 'maximum': return `must be at most ${limit}`
    case 'minLength': return least('characters')
    case 'maxLength': return most('character')
    case 'minItems': return least('items')
    case 'maxItems': return most('item')
    case 'uniqueItems': return 'must not hold the same twice'
    default: return undefined
  }
}

function describe (schema: TSchema, instancePath: string): string | undefined {
  let node: TSchema | undefined = schema
  for (const step of instancePath.split('/').slice(1)) node = node?.properties?.[step] ?? node?.items
  return node?.description
}
