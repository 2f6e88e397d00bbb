/** What the server says when it refuses or fails. */
export interface ErrorBody {
  /** The name of the error, e.g. TeamNotFoundError */
  error: string
  message: string
  statusCode: number
  /** Unix ms */
  timestamp?: number
  /** What a program may want to know, e.g. tellId, retryAfter (s), exitCode */
  details?: Record<string, unknown>
}

/** Every error of this library. Those that the server names have a class of that name below this one. */
export class IrisError extends Error {
  /** The HTTP status; 0 where there was no answer. */
  readonly statusCode: number
  readonly details: Record<string, unknown>

  constructor ({ error, message, statusCode, details }: ErrorBody, options?: { cause?: unknown }) {
    super(message, options)
    this.name = error
    this.statusCode = statusCode
    this.details = details ?? {}
  }
}

/** The server cannot be reached, or the connection broke, and trying again did not help. */
export class ConnectionLostError extends IrisError {
  constructor (message: string, cause?: unknown) {
    super({ error: 'ConnectionLostError', message, statusCode: 0 }, { cause })
  }
}

/** A webhook that is not from who knows the secret, or is too old. */
export class SignatureError extends IrisError {
  constructor (message: string) {
    super({ error: 'SignatureError', message, statusCode: 0 })
  }
}
