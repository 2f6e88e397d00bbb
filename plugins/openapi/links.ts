/** Of an operation, what says which ids it gives and takes. */
export interface Linked {
  operationId: string
  parameters?: { name: string, in: string }[]
  responses: Record<string, { description?: string, content?: { 'application/json': { schema: Fields } }, links?: Record<string, object> }>
}

interface Fields { properties?: Record<string, Fields>, items?: Fields }

/**
 * OpenAPI's links: where the answer of one operation holds the id that another takes in its path, or a list whose first entry
 * does, that is how to go on.
 */
export function link (operations: readonly Linked[]): void {
  for (const { parameters = [], responses } of operations) {
    const given = responses['200']?.content?.['application/json'].schema
    const asked = parameters.map(({ name }) => name)
    const links: Record<string, object> = {}
    for (const { operationId, parameters = [] } of operations) {
      const [id, ...more] = parameters.filter(one => one.in === 'path').map(({ name }) => name)
      const pointer = id === undefined || more.length > 0 || asked.includes(id) ? undefined : pointerTo(id, given)
      if (pointer !== undefined) links[operationId] = { operationId, parameters: { [id!]: `$response.body#${pointer}` } }
    }
    if (Object.keys(links).length > 0) responses['200']!.links = links
  }
}

function pointerTo (id: string, { properties = {} }: Fields = {}): string | undefined {
  if (id in properties) return `/${id}`
  const list = Object.keys(properties).find(key => id in (properties[key]!.items?.properties ?? {}))
  return list === undefined ? undefined : `/${list}/0/${id}`
}
