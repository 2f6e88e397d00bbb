// Made from openapi.json by `npm run sdks`. Do not edit.
import { IrisError } from './error.ts'

export class ValidationError extends IrisError {}
export class UnauthorizedError extends IrisError {}
export class ForbiddenError extends IrisError {}
export class NotFoundError extends IrisError {}
export class TeamNotFoundError extends IrisError {}
export class SessionNotFoundError extends IrisError {}
export class TellNotFoundError extends IrisError {}
export class ApprovalNotFoundError extends IrisError {}
export class WebhookNotFoundError extends IrisError {}
export class MethodNotAllowedError extends IrisError {}
export class TellTimeoutError extends IrisError {}
export class SessionBusyError extends IrisError {}
export class DeadlockError extends IrisError {}
export class TellCancelledError extends IrisError {}
export class ApprovalDecidedError extends IrisError {}
export class PayloadTooLargeError extends IrisError {}
export class IdempotencyMismatchError extends IrisError {}
export class RateLimitedError extends IrisError {}
export class QueueFullError extends IrisError {}
export class AgentError extends IrisError {}
export class NotReadyError extends IrisError {}
export class PoolFullError extends IrisError {}
export class InternalError extends IrisError {}

export const ERRORS: ReadonlyMap<string, typeof IrisError> = new Map(Object.entries({
  ValidationError,
  UnauthorizedError,
  ForbiddenError,
  NotFoundError,
  TeamNotFoundError,
  SessionNotFoundError,
  TellNotFoundError,
  ApprovalNotFoundError,
  WebhookNotFoundError,
  MethodNotAllowedError,
  TellTimeoutError,
  SessionBusyError,
  DeadlockError,
  TellCancelledError,
  ApprovalDecidedError,
  PayloadTooLargeError,
  IdempotencyMismatchError,
  RateLimitedError,
  QueueFullError,
  AgentError,
  NotReadyError,
  PoolFullError,
  InternalError
}))
