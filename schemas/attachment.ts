import { Type, type Static } from '@sinclair/typebox'

/** Files of one tell at most. Their bytes are bounded by the body limit of the transport. */
const MOST = 20

const name = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f/\\\\]{1,255}$', description: 'Its file name, without folders', examples: ['screen.png'] })
const mediaType = Type.String({
  pattern: '^(image/(png|jpeg|gif|webp)|text/[a-z0-9][a-z0-9.+-]{0,63}|application/(pdf|json|xml|yaml|toml|javascript|sql))$',
  description: 'image/png, image/jpeg, image/gif, image/webp, application/pdf, or a kind of text (UTF-8): text/*, application/json …',
  examples: ['image/png']
})

/** A file that goes with a message. */
export const Attachment = Type.Object({
  name,
  mediaType,
  data: Type.String({ minLength: 1, pattern: '^[A-Za-z0-9+/]+={0,2}$', description: 'Its bytes in base64', examples: ['aGVsbG8='] })
}, { additionalProperties: false })
export const Attachments = Type.Array(Attachment, { minItems: 1, maxItems: MOST, description: 'Images and documents for the agent to look at' })
export type Attachments = Static<typeof Attachments>

/** What is shown of one: its bytes are kept only until the tell has ended. */
export const AttachmentInfo = Type.Object({
  name,
  mediaType,
  bytes: Type.Integer(),
  sha256: Type.String({ description: 'Of its bytes, hex' })
}, { additionalProperties: false })
export type AttachmentInfo = Static<typeof AttachmentInfo>
