/**
 * What the SDKs are made of, read from an OpenAPI document: one tool for each operation, its input joined from path,
 * query and body. Each writer makes one language of it.
 */
export function readTools (openapi) {
  const tools = []
  for (const [path, methods] of Object.entries(openapi.paths)) {
    for (const [method, operation] of Object.entries(methods)) tools.push(readTool(path, method.toUpperCase(), operation))
  }
  return tools
}

function readTool (path, method, { operationId, summary, description, parameters = [], requestBody, responses }) {
  const body = requestBody?.content['application/json'].schema ?? { properties: {}, required: [] }
  const inUrl = parameters.filter(one => one.in !== 'header')
  // Path parameters first: they say what a call is about.
  const ordered = [...inUrl.filter(one => one.in === 'path'), ...inUrl.filter(one => one.in !== 'path')]
  return {
    name: operationId,
    method,
    path,
    keyed: parameters.some(one => one.name === 'idempotency-key'),
    query: inUrl.filter(one => one.in === 'query').map(one => one.name),
    title: summary,
    description: description ?? summary,
    input: {
      type: 'object',
      properties: {
        ...Object.fromEntries(ordered.map(({ name, schema, description }) => [name, { ...schema, description: description ?? schema.description }])),
        ...body.properties
      },
      required: [...ordered.filter(one => one.required).map(one => one.name), ...(body.required ?? [])]
    },
    output: responses['200'].content['application/json'].schema
  }
}

/** `team_tell` → `TeamTell` */
export const pascal = name => name.split('_').map(word => word[0].toUpperCase() + word.slice(1)).join('')
/** `TeamTell` → `teamTell` */
export const camel = name => name[0].toLowerCase() + name.slice(1)

/** The fields of an object: [name, schema, whether it is always there]. */
export function fieldsOf ({ properties = {}, required = [] }) {
  return Object.entries(properties).map(([name, schema]) => [name, schema, required.includes(name)])
}

/** An object whose fields are known, as against a map of anything. */
export const isRecord = schema => schema.type === 'object' && schema.properties !== undefined

/**
 * Every record within a schema with a name made of where it stands, innermost first, for languages that must name them.
 * `emit(name, schema, typeOf)` gets a function that says the name of each of its own fields' records.
 */
export function nameRecords (name, schema, emit) {
  const names = new Map()
  for (const [field, inner] of fieldsOf(schema)) {
    const record = inner.type === 'array' ? inner.items : inner
    if (!isRecord(record)) continue
    const own = name + field[0].toUpperCase() + field.slice(1)
    names.set(record, own)
    nameRecords(own, record, emit)
  }
  emit(name, schema, record => names.get(record))
}

export const BANNER = 'Made from openapi.json by `npm run sdks`. Do not edit.'
