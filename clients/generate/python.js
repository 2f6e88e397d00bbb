import { BANNER, fieldsOf, isRecord, nameRecords, pascal } from './model.js'

const KEYWORDS = new Set(['as', 'async', 'from', 'in', 'is', 'class', 'global', 'import', 'pass', 'with', 'not', 'or', 'and', 'if'])

/** The types, the table and a method for each tool, for both clients: clients/python/iris_client/tools.py. */
export function writePython (tools, errors) {
  return {
    'clients/python/iris_client/tools.py': `# ${BANNER}
from __future__ import annotations

from typing import Any, Dict, List, Literal, NamedTuple, Optional, TypedDict


class Route(NamedTuple):
    """How a tool is asked for over HTTP."""

    method: str
    path: str
    keyed: bool


${tools.map(({ name, output }) => records(pascal(name) + 'Output', output)).join('\n\n\n')}


ROUTES: Dict[str, Route] = {
${tools.map(({ name, method, path, keyed }) => `    "${name}": Route("${method}", "${path}", ${keyed ? 'True' : 'False'}),`).join('\n')}
}


class Tools:
    """Every tool of the server as a method of its name."""

    def call(self, tool: str, input: Dict[str, Any], *, idempotency_key: Optional[str] = None) -> Any:
        raise NotImplementedError
${tools.map(tool => method(tool, '')).join('')}

class AsyncTools:
    """Every tool of the server as a coroutine of its name."""

    async def call(self, tool: str, input: Dict[str, Any], *, idempotency_key: Optional[str] = None) -> Any:
        raise NotImplementedError
${tools.map(tool => method(tool, 'async ')).join('')}`.replace(/\n+$/, '\n'),
    'clients/python/iris_client/error_names.py': `# ${BANNER}
from .errors import IrisError
${errors.map(name => `

class ${name}(IrisError):
    pass
`).join('')}

ERRORS = {
${errors.map(name => `    "${name}": ${name},`).join('\n')}
}
`
  }
}

function records (name, schema) {
  const parts = []
  nameRecords(name, schema, (name, schema, nameOf) => {
    const fields = fieldsOf(schema).map(([field, inner, always]) => [field, typeOf(inner, nameOf), always])
    const must = fields.filter(([, , always]) => always)
    const may = fields.filter(([, , always]) => !always)
    const total = fields => `{\n${fields.map(([field, type]) => `    "${field}": ${quoted(type)},`).join('\n')}\n}`
    if (may.length === 0) parts.push(`${name} = TypedDict("${name}", ${total(must)})`)
    else if (may.some(([field]) => KEYWORDS.has(field))) parts.push(`${name} = TypedDict("${name}", ${total(fields)}, total=False)`)
    else parts.push(`_${name} = TypedDict("_${name}", ${total(must)})\n\n\nclass ${name}(_${name}, total=False):\n${may.map(([field, type]) => `    ${field}: ${type}`).join('\n')}`)
  })
  return parts.join('\n\n\n')
}

/** The functional form is evaluated: names that follow later are fine in quotes. */
const quoted = type => `"${type.replaceAll('"', "'")}"`

function typeOf (schema, nameOf = () => undefined) {
  if (schema.enum !== undefined) return `Literal[${schema.enum.map(one => `"${one}"`).join(', ')}]`
  if (isRecord(schema)) return nameOf(schema) ?? 'Dict[str, Any]'
  switch (schema.type) {
    case 'string': return 'str'
    case 'boolean': return 'bool'
    case 'integer': return 'int'
    case 'number': return 'float'
    case 'array': return `List[${typeOf(schema.items, nameOf)}]`
    case 'object': return 'Dict[str, Any]'
    default: return 'Any'
  }
}

function method ({ name, description, input, keyed }, prefix) {
  const fields = fieldsOf(input).map(([field, schema, always]) => ({ field, argument: KEYWORDS.has(field) ? `${field}_` : field, type: typeOf(schema), always }))
  const must = fields.filter(one => one.always).map(({ argument, type }) => `, ${argument}: ${type}`).join('')
  const may = [...fields.filter(one => !one.always), ...(keyed ? [{ argument: 'idempotency_key', type: 'str' }] : [])]
    .map(({ argument, type }) => `, ${argument}: Optional[${type}] = None`).join('')
  const given = fields.map(({ field, argument }) => `"${field}": ${argument}`).join(', ')
  const call = `self.call("${name}", {${given}}${keyed ? ', idempotency_key=idempotency_key' : ''})`
  return `
    ${prefix}def ${name}(self${must}${may && ', *'}${may}) -> ${pascal(name)}Output:
        """${description.replaceAll('\\', '\\\\')}"""
        return ${prefix && 'await '}${call}
`
}
