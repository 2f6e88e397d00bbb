import { format } from 'node:util'
import type { ErrorBody } from '../schemas/error.ts'

/** An error with a row in the table below: its name, status and words are the caller's to see. */
export class IrisError extends Error {
  readonly statusCode: number
  readonly details: Record<string, unknown> | undefined

  constructor (name: string, statusCode: number, message: string, options: Extra = {}) {
    super(message, { cause: options.cause })
    this.name = name
    this.statusCode = statusCode
    this.details = options.details
  }
}

interface Extra { details?: Record<string, unknown>, cause?: unknown }

/** A row of the table. `sentence` takes its words by `%s`, in order; details and cause come last. */
function row (name: string, statusCode: number, sentence: string) {
  const count = sentence.split('%s').length - 1
  return class extends IrisError {
    constructor (...words: [...string[], Extra] | string[]) {
      const extra = words[count]
      super(name, statusCode, format(sentence, ...words.slice(0, count)), typeof extra === 'object' ? extra : {})
    }
  }
}

export const ValidationError = row('ValidationError', 400, '%s')
export const UnauthorizedError = row('UnauthorizedError', 401, '%s')
export const ForbiddenError = row('ForbiddenError', 403, '%s')
export const NotFoundError = row('NotFoundError', 404, '%s')
export const TeamNotFoundError = row('TeamNotFoundError', 404, "No team is named '%s'. team_list shows the configured ones")
export const SessionNotFoundError = row('SessionNotFoundError', 404, "No session has the id '%s'. session_list shows them")
export const TellNotFoundError = row('TellNotFoundError', 404, "No tell has the id '%s'. tell_list shows them")
export const ApprovalNotFoundError = row('ApprovalNotFoundError', 404, "No approval has the id '%s'. approval_list shows them")
export const WebhookNotFoundError = row('WebhookNotFoundError', 404, "No webhook has the id '%s'. webhook_list shows them")
export const MethodNotAllowedError = row('MethodNotAllowedError', 405, '%s')
export const TellTimeoutError = row('TellTimeoutError', 408, 'No answer within %s ms. The tell goes on: tell_get finds its answer by the tellId')
export const SessionBusyError = row('SessionBusyError', 409, '%s')
export const DeadlockError = row('DeadlockError', 409, '%s')
export const TellCancelledError = row('TellCancelledError', 409, 'The tell was cancelled: %s')
export const ApprovalDecidedError = row('ApprovalDecidedError', 409, 'This approval is %s already. The first decision holds')
export const PayloadTooLargeError = row('PayloadTooLargeError', 413, '%s')
export const IdempotencyMismatchError = row('IdempotencyMismatchError', 422, 'The %s was used before with another input. Take a new one')
export const RateLimitedError = row('RateLimitedError', 429, '%s')
export const QueueFullError = row('QueueFullError', 429, '%s')
export const AgentError = row('AgentError', 502, '%s')
export const NotReadyError = row('NotReadyError', 503, '%s')
export const PoolFullError = row('PoolFullError', 503, '%s')

/** The one error shape, whatever the transport. A fault of ours tells the caller nothing but that it is one. */
export function toErrorBody (err: unknown, now: number): ErrorBody {
  if (!(err instanceof IrisError)) return { error: 'InternalError', message: 'Internal error', statusCode: 500, timestamp: now }
  const { name, message, statusCode, details } = err
  return { error: name, message, statusCode, timestamp: now, ...(details && { details }) }
}
