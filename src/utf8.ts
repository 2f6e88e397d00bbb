import { isUtf8 } from 'node:buffer'
import { ValidationError } from './errors.ts'

/** The text of a body. Throws ValidationError where its bytes are no UTF-8: something else would be taken in their place, without a word. */
export function textOf (body: Buffer): string {
  if (!isUtf8(body)) throw new ValidationError('The body is not valid UTF-8')
  return body.toString()
}
