/* eslint-disable @stylistic/no-tabs -- Go is indented with them */
import { fieldsOf, isRecord, nameRecords, pascal } from './model.js'

/** The types, the table and a method for each tool: clients/go/tools.go. */
export function writeGo (tools, errors) {
  return {
    'clients/go/tools.go': `// Code generated from openapi.json by npm run sdks; DO NOT EDIT.

package iris

import "context"

// Route is how a tool is asked for over HTTP.
type Route struct {
	Method, Path string
	Keyed        bool
}

// Routes has every tool by its name.
var Routes = map[string]Route{
${table(tools.map(({ name, method, path, keyed }) => [`	"${name}":`, `{"${method}", "${path}", ${keyed}},`]))}
}

${tools.map(tool => [
  records(`${pascal(tool.name)}Input`, tool.input, `what ${tool.name} takes`),
  records(`${pascal(tool.name)}Output`, tool.output, `what ${tool.name} gives`),
  method(tool)
].join('\n\n')).join('\n\n')}
`,
    'clients/go/error_names.go': `// Code generated from openapi.json by npm run sdks; DO NOT EDIT.

package iris

${errors.map(name => `// ${name} is the server's error of this name.
type ${name} struct{ Failure }

// Unwrap gives what all errors have.
func (e *${name}) Unwrap() error { return &e.Failure }
`).join('\n')}
func errorOf(failure Failure) error {
	switch failure.Name {
${errors.map(name => `	case "${name}":\n		return &${name}{failure}`).join('\n')}
	}
	return &failure
}
`
  }
}

function records (name, schema, about) {
  const parts = []
  nameRecords(name, schema, (own, schema, nameOf) => {
    const fields = fieldsOf(schema).map(([field, inner, always]) => ({
      comment: inner.description,
      cells: [`\t${goName(field)}`, typeOf(inner, always, nameOf), `\`json:"${field}${always ? '' : ',omitempty'}"\``]
    }))
    parts.push(`// ${own} is ${own === name ? about : `a part of ${name}`}.\ntype ${own} struct${fields.length === 0 ? '' : ' '}{${fields.length === 0 ? '' : `\n${block(fields)}\n`}}`)
  })
  return parts.join('\n\n')
}

/** Fields as gofmt lays them out: columns are aligned, and a comment before a field begins a new alignment. */
function block (fields) {
  const groups = []
  for (const field of fields) {
    if (field.comment !== undefined || groups.length === 0) groups.push([])
    groups.at(-1).push(field)
  }
  return groups.map(group => [...group.filter(one => one.comment !== undefined).map(one => `\t// ${one.comment}`), table(group.map(one => one.cells))].join('\n')).join('\n')
}

function table (rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows.map(row => row.map((cell, column) => column === row.length - 1 ? cell : cell.padEnd(widths[column])).join(' ')).join('\n')
}

/** What may be absent and has a zero that means something is a pointer. */
function typeOf (schema, always, nameOf) {
  const bare = bareType(schema, nameOf)
  return always || bare === 'string' || /^(\[\]|map\[|any$)/.test(bare) ? bare : `*${bare}`
}

function bareType (schema, nameOf) {
  if (isRecord(schema)) return nameOf(schema)
  switch (schema.type) {
    case 'string': return 'string'
    case 'boolean': return 'bool'
    case 'integer': return 'int64'
    case 'number': return 'float64'
    case 'array': return `[]${bareType(schema.items, nameOf)}`
    case 'object': return 'map[string]any'
    default: return 'any'
  }
}

/** `sessionId` → `SessionID` */
const goName = field => (field[0].toUpperCase() + field.slice(1)).replaceAll(/(Id|Url)(?=$|[A-Z])/g, word => word.toUpperCase())

function method ({ name, description }) {
  const type = pascal(name)
  return `// ${type}: ${description}
func (c *Client) ${type}(ctx context.Context, input ${type}Input, options ...CallOption) (*${type}Output, error) {
	return call[${type}Output](ctx, c, "${name}", input, options)
}`
}
