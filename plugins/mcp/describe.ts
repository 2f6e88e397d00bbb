import { ErrorBody } from '../../schemas/error.ts'
import type { Tool } from '../../src/tool.ts'

/** What tools/list says of one tool. */
interface Description {
  name: string
  title: string
  description: string
  inputSchema: object
  outputSchema: object
  annotations: object
}

const plain = (schema: object) => JSON.parse(JSON.stringify(schema)) as Record<string, unknown>

/**
 * Plain JSON: what TypeBox marks with symbols stays behind.
 *
 * The output schema is the tool's output or an error body, since a failed call carries that as its structured content and
 * there are clients that hold every structured content against the schema, a failure's too.
 */
export function describe ({ name, title, description, input, output, http, hints = {}, charge }: Tool): Description {
  const readOnly = http.method === 'GET'
  return {
    name,
    title,
    description,
    inputSchema: plain(input),
    outputSchema: { type: 'object', anyOf: [plain(output), plain(ErrorBody)] },
    annotations: {
      title,
      readOnlyHint: readOnly,
      destructiveHint: hints.destructive ?? http.method === 'DELETE',
      idempotentHint: hints.idempotent ?? readOnly,
      // A tell has an agent act, and where it acts nobody here can say; every other tool stays within this server.
      openWorldHint: charge === 'tell'
    }
  }
}
