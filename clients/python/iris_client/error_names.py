# Made from openapi.json by `npm run sdks`. Do not edit.
from .errors import IrisError


class ValidationError(IrisError):
    pass


class UnauthorizedError(IrisError):
    pass


class ForbiddenError(IrisError):
    pass


class NotFoundError(IrisError):
    pass


class TeamNotFoundError(IrisError):
    pass


class SessionNotFoundError(IrisError):
    pass


class TellNotFoundError(IrisError):
    pass


class ApprovalNotFoundError(IrisError):
    pass


class WebhookNotFoundError(IrisError):
    pass


class MethodNotAllowedError(IrisError):
    pass


class TellTimeoutError(IrisError):
    pass


class SessionBusyError(IrisError):
    pass


class DeadlockError(IrisError):
    pass


class TellCancelledError(IrisError):
    pass


class ApprovalDecidedError(IrisError):
    pass


class PayloadTooLargeError(IrisError):
    pass


class IdempotencyMismatchError(IrisError):
    pass


class RateLimitedError(IrisError):
    pass


class QueueFullError(IrisError):
    pass


class AgentError(IrisError):
    pass


class NotReadyError(IrisError):
    pass


class PoolFullError(IrisError):
    pass


class InternalError(IrisError):
    pass


ERRORS = {
    "ValidationError": ValidationError,
    "UnauthorizedError": UnauthorizedError,
    "ForbiddenError": ForbiddenError,
    "NotFoundError": NotFoundError,
    "TeamNotFoundError": TeamNotFoundError,
    "SessionNotFoundError": SessionNotFoundError,
    "TellNotFoundError": TellNotFoundError,
    "ApprovalNotFoundError": ApprovalNotFoundError,
    "WebhookNotFoundError": WebhookNotFoundError,
    "MethodNotAllowedError": MethodNotAllowedError,
    "TellTimeoutError": TellTimeoutError,
    "SessionBusyError": SessionBusyError,
    "DeadlockError": DeadlockError,
    "TellCancelledError": TellCancelledError,
    "ApprovalDecidedError": ApprovalDecidedError,
    "PayloadTooLargeError": PayloadTooLargeError,
    "IdempotencyMismatchError": IdempotencyMismatchError,
    "RateLimitedError": RateLimitedError,
    "QueueFullError": QueueFullError,
    "AgentError": AgentError,
    "NotReadyError": NotReadyError,
    "PoolFullError": PoolFullError,
    "InternalError": InternalError,
}
