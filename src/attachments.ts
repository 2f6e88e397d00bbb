import { hash } from 'node:crypto'
import type { AttachmentInfo, Attachments } from '../schemas/attachment.ts'
import type { Attachment, Capabilities } from './agent/agent.ts'
import { createAjv } from './ajv.ts'
import { AgentError, ValidationError } from './errors.ts'
import type { TellRow } from './store/store.ts'

/** What a tell carries beside its text. */
export interface Parts {
  readonly attachments?: readonly AttachmentInfo[]
  /** JSON Schema that the answer is to fit. */
  readonly schema?: Readonly<Record<string, unknown>>
}

/** The longest schema, in characters of its JSON. */
const MAX_SCHEMA = 64 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })
const isText = (mediaType: string) => !mediaType.startsWith('image/') && mediaType !== 'application/pdf'

/** Files as they came, and what is told of them. Throws ValidationError where one is not what it says. */
export function readAttachments (files: Attachments | undefined): { infos: AttachmentInfo[], bodies: Buffer[] } {
  const bodies = (files ?? []).map(({ name, mediaType, data }, n) => {
    if (data.length % 4 === 1) throw new ValidationError(`attachments.${n}.data ('${name}') is not base64`)
    const body = Buffer.from(data, 'base64')
    if (isText(mediaType)) {
      try { utf8.decode(body) } catch { throw new ValidationError(`attachments.${n} ('${name}') is said to be ${mediaType} and is no UTF-8 text`) }
    }
    return body
  })
  const infos = bodies.map((body, n) => {
    const { name, mediaType } = files![n]!
    return { name, mediaType, bytes: body.length, sha256: hash('sha256', body) }
  })
  return { infos, bodies }
}

/** Throws ValidationError unless it is a JSON Schema of an object. It is not compiled: the agent judges the answer. */
export function checkSchema (schema: Readonly<Record<string, unknown>>): void {
  if (JSON.stringify(schema).length > MAX_SCHEMA) throw new ValidationError(`schema is longer than ${MAX_SCHEMA} characters`)
  if (schema.type !== 'object') throw new ValidationError('schema must describe an object: "type": "object"')
  const { $schema: _, ...rest } = schema
  const ajv = createAjv({ strict: false })
  if (ajv.validateSchema(rest) !== true) throw new ValidationError(`schema is no JSON Schema: ${ajv.errorsText(ajv.errors, { dataVar: 'schema' })}`)
}

/** Whether two tells carry the same, order of files included. */
export const sameParts = (one: Parts, other: Parts) => JSON.stringify([one.attachments ?? [], one.schema ?? null]) === JSON.stringify([other.attachments ?? [], other.schema ?? null])

/** With their bytes, as the agent gets them. */
export const withBodies = (infos: readonly AttachmentInfo[], bodies: readonly Buffer[]): Attachment[] =>
  infos.map(({ name, mediaType }, n) => ({ name, mediaType, data: bodies[n]! }))

/** Throws AgentError where the agent does not take what the tell carries: nothing has run then. */
export function refuseUnoffered ({ to, attachments = [], schema }: Pick<TellRow, 'to'> & Parts, { images = false, documents = false, schema: forms = false }: Capabilities): void {
  const lacks = (what: string) => new AgentError(`The agent of '${to}' takes no ${what}, so nothing was run`, { details: { reason: 'not_offered' } })
  if (!images && attachments.some(({ mediaType }) => mediaType.startsWith('image/'))) throw lacks('images')
  if (!documents && attachments.some(({ mediaType }) => !mediaType.startsWith('image/'))) throw lacks('documents')
  if (schema !== undefined && !forms) throw lacks('schema for its answer')
}
