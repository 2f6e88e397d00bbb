import { IrisError, type ErrorBody } from './error.ts'
import { ERRORS } from './error-names.ts'

/** The error of the class that its name says; of the base class where a later server names one that is not known here. */
export function errorOf (body: ErrorBody): IrisError {
  return new (ERRORS.get(body.error) ?? IrisError)(body)
}

/** undefined where the text is no error of Iris: then something in between has answered. */
export function readErrorBody (text: string): ErrorBody | undefined {
  try {
    const body = JSON.parse(text) as Partial<ErrorBody> | null
    if (typeof body?.error === 'string' && typeof body.message === 'string' && typeof body.statusCode === 'number') return body as ErrorBody
  } catch {}
  return undefined
}
