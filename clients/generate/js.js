import { BANNER, camel, fieldsOf, isRecord, pascal } from './model.js'

/** The types, the table and a method for each tool: clients/js/src/tools.ts. */
export function writeJs (tools, errors) {
  return {
    'clients/js/src/tools.ts': `// ${BANNER}

/** How a tool is asked for over HTTP. */
export interface Route { readonly method: string, readonly path: string, readonly keyed: boolean, readonly query: readonly string[] }

export interface CallOptions {
  /** Ends the call and its retries; what the server has begun goes on. */
  signal?: AbortSignal
  /** In the place of one made for this call: the same key and input is done once, whoever asks again. */
  idempotencyKey?: string
}

${tools.map(types).join('\n\n')}

export const ROUTES: Readonly<Record<string, Route>> = {
${tools.map(({ name, method, path, keyed, query }) => `  ${name}: { method: '${method}', path: '${path}', keyed: ${keyed}, query: [${query.map(quote).join(', ')}] }`).join(',\n')}
}

/** Every tool of the server as a method of its name. */
export abstract class Tools {
  abstract call<T> (tool: string, input: object, options?: CallOptions): Promise<T>

${tools.map(method).join('\n\n')}
}
`,
    'clients/js/src/error-names.ts': `// ${BANNER}
import { IrisError } from './error.ts'

${errors.map(name => `export class ${name} extends IrisError {}`).join('\n')}

export const ERRORS: ReadonlyMap<string, typeof IrisError> = new Map(Object.entries({
${errors.map(name => `  ${name}`).join(',\n')}
}))
`
  }
}

function types ({ name, title, input, output }) {
  return [['Input', input], ['Output', output]].map(([kind, schema]) =>
    `/** ${title}: what ${kind === 'Input' ? 'it takes' : 'it gives'}. */\nexport interface ${pascal(name)}${kind} ${typeOf(schema, '')}`).join('\n\n')
}

function method ({ name, description, input }) {
  const type = pascal(name)
  const optional = (input.required ?? []).length === 0 ? ' = {}' : ''
  return `  /** ${description} */
  ${camel(type)} (input: ${type}Input${optional}, options?: CallOptions): Promise<${type}Output> {
    return this.call('${name}', input, options)
  }`
}

function typeOf (schema, indent) {
  if (schema.enum !== undefined) return schema.enum.map(quote).join(' | ')
  if (isRecord(schema)) {
    const inner = indent + '  '
    const fields = fieldsOf(schema).map(([name, field, always]) =>
      `${field.description === undefined ? '' : `${inner}/** ${field.description.replaceAll('*/', '* /')} */\n`}${inner}${name}${always ? '' : '?'}: ${typeOf(field, inner)}`)
    return fields.length === 0 ? '{}' : `{\n${fields.join('\n')}\n${indent}}`
  }
  switch (schema.type) {
    case 'string': case 'boolean': return schema.type
    case 'integer': case 'number': return 'number'
    case 'array': return `Array<${typeOf(schema.items, indent)}>`
    case 'object': return 'Record<string, unknown>'
    default: return 'unknown'
  }
}

const quote = text => `'${text}'`
