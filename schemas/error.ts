import { Type, type Static } from '@sinclair/typebox'

/** The one shape of an error, on every transport. */
export const ErrorBody = Type.Object({
  error: Type.String({ description: 'The name of the error, e.g. TeamNotFoundError' }),
  message: Type.String({ description: 'What is wrong and what to do about it' }),
  statusCode: Type.Integer(),
  timestamp: Type.Integer({ description: 'Unix ms' }),
  details: Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description: 'What a program may want to know, e.g. tellId, retryAfter (s), exitCode' }))
}, { additionalProperties: false })
export type ErrorBody = Static<typeof ErrorBody>
