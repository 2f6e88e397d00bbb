// Code generated from openapi.json by npm run sdks; DO NOT EDIT.

package iris

// ValidationError is the server's error of this name.
type ValidationError struct{ Failure }

// Unwrap gives what all errors have.
func (e *ValidationError) Unwrap() error { return &e.Failure }

// UnauthorizedError is the server's error of this name.
type UnauthorizedError struct{ Failure }

// Unwrap gives what all errors have.
func (e *UnauthorizedError) Unwrap() error { return &e.Failure }

// ForbiddenError is the server's error of this name.
type ForbiddenError struct{ Failure }

// Unwrap gives what all errors have.
func (e *ForbiddenError) Unwrap() error { return &e.Failure }

// NotFoundError is the server's error of this name.
type NotFoundError struct{ Failure }

// Unwrap gives what all errors have.
func (e *NotFoundError) Unwrap() error { return &e.Failure }

// TeamNotFoundError is the server's error of this name.
type TeamNotFoundError struct{ Failure }

// Unwrap gives what all errors have.
func (e *TeamNotFoundError) Unwrap() error { return &e.Failure }

// SessionNotFoundError is the server's error of this name.
type SessionNotFoundError struct{ Failure }

// Unwrap gives what all errors have.
func (e *SessionNotFoundError) Unwrap() error { return &e.Failure }

// TellNotFoundError is the server's error of this name.
type TellNotFoundError struct{ Failure }

// Unwrap gives what all errors have.
func (e *TellNotFoundError) Unwrap() error { return &e.Failure }

// ApprovalNotFoundError is the server's error of this name.
type ApprovalNotFoundError struct{ Failure }

// Unwrap gives what all errors have.
func (e *ApprovalNotFoundError) Unwrap() error { return &e.Failure }

// WebhookNotFoundError is the server's error of this name.
type WebhookNotFoundError struct{ Failure }

// Unwrap gives what all errors have.
func (e *WebhookNotFoundError) Unwrap() error { return &e.Failure }

// MethodNotAllowedError is the server's error of this name.
type MethodNotAllowedError struct{ Failure }

// Unwrap gives what all errors have.
func (e *MethodNotAllowedError) Unwrap() error { return &e.Failure }

// TellTimeoutError is the server's error of this name.
type TellTimeoutError struct{ Failure }

// Unwrap gives what all errors have.
func (e *TellTimeoutError) Unwrap() error { return &e.Failure }

// SessionBusyError is the server's error of this name.
type SessionBusyError struct{ Failure }

// Unwrap gives what all errors have.
func (e *SessionBusyError) Unwrap() error { return &e.Failure }

// DeadlockError is the server's error of this name.
type DeadlockError struct{ Failure }

// Unwrap gives what all errors have.
func (e *DeadlockError) Unwrap() error { return &e.Failure }

// TellCancelledError is the server's error of this name.
type TellCancelledError struct{ Failure }

// Unwrap gives what all errors have.
func (e *TellCancelledError) Unwrap() error { return &e.Failure }

// ApprovalDecidedError is the server's error of this name.
type ApprovalDecidedError struct{ Failure }

// Unwrap gives what all errors have.
func (e *ApprovalDecidedError) Unwrap() error { return &e.Failure }

// PayloadTooLargeError is the server's error of this name.
type PayloadTooLargeError struct{ Failure }

// Unwrap gives what all errors have.
func (e *PayloadTooLargeError) Unwrap() error { return &e.Failure }

// IdempotencyMismatchError is the server's error of this name.
type IdempotencyMismatchError struct{ Failure }

// Unwrap gives what all errors have.
func (e *IdempotencyMismatchError) Unwrap() error { return &e.Failure }

// RateLimitedError is the server's error of this name.
type RateLimitedError struct{ Failure }

// Unwrap gives what all errors have.
func (e *RateLimitedError) Unwrap() error { return &e.Failure }

// QueueFullError is the server's error of this name.
type QueueFullError struct{ Failure }

// Unwrap gives what all errors have.
func (e *QueueFullError) Unwrap() error { return &e.Failure }

// AgentError is the server's error of this name.
type AgentError struct{ Failure }

// Unwrap gives what all errors have.
func (e *AgentError) Unwrap() error { return &e.Failure }

// NotReadyError is the server's error of this name.
type NotReadyError struct{ Failure }

// Unwrap gives what all errors have.
func (e *NotReadyError) Unwrap() error { return &e.Failure }

// PoolFullError is the server's error of this name.
type PoolFullError struct{ Failure }

// Unwrap gives what all errors have.
func (e *PoolFullError) Unwrap() error { return &e.Failure }

// InternalError is the server's error of this name.
type InternalError struct{ Failure }

// Unwrap gives what all errors have.
func (e *InternalError) Unwrap() error { return &e.Failure }

func errorOf(failure Failure) error {
	switch failure.Name {
	case "ValidationError":
		return &ValidationError{failure}
	case "UnauthorizedError":
		return &UnauthorizedError{failure}
	case "ForbiddenError":
		return &ForbiddenError{failure}
	case "NotFoundError":
		return &NotFoundError{failure}
	case "TeamNotFoundError":
		return &TeamNotFoundError{failure}
	case "SessionNotFoundError":
		return &SessionNotFoundError{failure}
	case "TellNotFoundError":
		return &TellNotFoundError{failure}
	case "ApprovalNotFoundError":
		return &ApprovalNotFoundError{failure}
	case "WebhookNotFoundError":
		return &WebhookNotFoundError{failure}
	case "MethodNotAllowedError":
		return &MethodNotAllowedError{failure}
	case "TellTimeoutError":
		return &TellTimeoutError{failure}
	case "SessionBusyError":
		return &SessionBusyError{failure}
	case "DeadlockError":
		return &DeadlockError{failure}
	case "TellCancelledError":
		return &TellCancelledError{failure}
	case "ApprovalDecidedError":
		return &ApprovalDecidedError{failure}
	case "PayloadTooLargeError":
		return &PayloadTooLargeError{failure}
	case "IdempotencyMismatchError":
		return &IdempotencyMismatchError{failure}
	case "RateLimitedError":
		return &RateLimitedError{failure}
	case "QueueFullError":
		return &QueueFullError{failure}
	case "AgentError":
		return &AgentError{failure}
	case "NotReadyError":
		return &NotReadyError{failure}
	case "PoolFullError":
		return &PoolFullError{failure}
	case "InternalError":
		return &InternalError{failure}
	}
	return &failure
}
