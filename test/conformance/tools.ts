import { Type, type TProperties } from '@sinclair/typebox'
import { ValidationError } from '../../src/errors.ts'
import { defineTool, type Call, type Tool } from '../../src/tool.ts'
import { answers, askAll } from './questions.ts'
import { schema2020 } from './schema-2020.ts'

/**
 * The tools that the conformance suite calls, by the names it knows. They are made as the product's are and served by the
 * same plugin; the product itself has none of them. A tool that `shows` something answers with these content blocks.
 */
const fixture = (name: string, { input = {}, shows = [], act = () => {} }: {
  input?: TProperties, shows?: object[], act?: (call: Call) => void | Promise<void>
} = {}): Tool => defineTool({
  name,
  title: name,
  description: 'A fixture of the conformance suite',
  permission: 'status',
  http: { method: 'POST', url: `/${name}` },
  resumes: true,
  input: Type.Object(input, { additionalProperties: false }),
  output: { blocks: Type.Array(Type.Unknown()) },
  team: null,
  async handler (_input, call) {
    await act(call)
    return { blocks: shows }
  }
})

const text = { type: 'text', text: 'This is a simple text response for testing.' }
/** One red pixel. */
const image = {
  type: 'image',
  mimeType: 'image/png',
  data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
}
/** One sample of silence. */
const audio = { type: 'audio', mimeType: 'audio/wav', data: 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=' }
const resource = { type: 'resource', resource: { uri: 'test://resource', mimeType: 'application/json', text: '{"test":"data","value":123}' } }

const ids = { tellId: '01890000-0000-7000-8000-000000000001', sessionId: '00000000-0000-4000-8000-000000000002', team: 'echo' }

function tell (call: Call): void {
  call.emit({ event: 'tell:started', data: { ...ids, from: 'suite', ahead: 0 } })
  call.emit({ event: 'tell:chunk', data: { ...ids, offset: 0, chunk: 'half ' } })
  call.emit({ event: 'tell:chunk', data: { ...ids, offset: 5, chunk: 'and half' } })
}

const headers = fixture('test_custom_headers', { input: { region: Type.Optional(Type.String()), count: Type.Optional(Type.Integer()) } })
const marked = { region: { type: 'string', 'x-mcp-header': 'Region' }, count: { type: 'integer', 'x-mcp-header': 'Count' } }

export const tools: readonly Tool[] = [
  fixture('test_simple_text', { shows: [text] }),
  fixture('test_image_content', { shows: [image] }),
  fixture('test_audio_content', { shows: [audio] }),
  fixture('test_embedded_resource', { shows: [resource] }),
  fixture('test_multiple_content_types', { shows: [text, image, resource] }),
  fixture('test_error_handling', { act () { throw new ValidationError('This tool intentionally returns an error for testing') } }),
  fixture('test_tool_with_progress', { act: tell }),
  // Neither logs nor asks for anything: the suite looks that nothing but progress comes before their result.
  fixture('test_logging_tool', { act: tell }),
  fixture('test_streaming_elicitation', { act: tell }),
  fixture('test_missing_capability'),
  answers,
  fixture('test_elicitation', { input: { message: Type.String() }, shows: [text], act: async call => { await askAll(call, ['username']) } }),
  ...Object.entries({ elicitation: ['user_name'], request_state: ['confirm'], tampered_state: ['confirm'], multi_round: ['step1', 'step2'] })
    .map(([name, questions]) => fixture(`test_input_required_result_${name}`, { shows: [text], act: async call => { await askAll(call, questions) } })),
  // These two publish more than the schema that judges their input knows: what is looked at is the list.
  { ...headers, input: { ...headers.input, properties: marked as unknown as TProperties } },
  { ...fixture('test_schema'), name: 'json_schema_2020_12_tool', input: schema2020 as unknown as Tool['input'] }
]

/** One of them needs what its client has not declared. */
export const needs = ({ name }: Tool): readonly string[] => name === 'test_missing_capability' ? ['sampling'] : []

export function content (_tool: Tool, { blocks }: Record<string, unknown>): object[] | undefined {
  return Array.isArray(blocks) && blocks.length > 0 ? blocks : undefined
}
