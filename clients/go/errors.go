package iris

import (
	"encoding/json"
	"fmt"
)

// Failure is what every error of this library has: errors.As finds it in each. Those that the server names have a type of that name.
type Failure struct {
	// Name is the server's name for it, e.g. TeamNotFoundError.
	Name    string `json:"error"`
	Message string `json:"message"`
	// StatusCode is the HTTP status; 0 where there was no answer.
	StatusCode int `json:"statusCode"`
	// Details is what a program may want to know, e.g. tellId, retryAfter (s), exitCode.
	Details map[string]any `json:"details"`
}

func (f *Failure) Error() string { return f.Name + ": " + f.Message }

// ConnectionLostError says that the server cannot be reached, or the connection broke, and trying again did not help.
type ConnectionLostError struct {
	Failure
	Cause error
}

// Unwrap gives what all errors have, and the cause.
func (e *ConnectionLostError) Unwrap() []error { return []error{&e.Failure, e.Cause} }

func lost(url string, cause error) error {
	return &ConnectionLostError{Failure{Name: "ConnectionLostError", Message: fmt.Sprintf("%s does not answer: %v", url, cause)}, cause}
}

// SignatureError is a webhook that is not from who knows the secret, or is too old.
type SignatureError struct{ Failure }

// Unwrap gives what all errors have.
func (e *SignatureError) Unwrap() error { return &e.Failure }

func badSignature(message string) error {
	return &SignatureError{Failure{Name: "SignatureError", Message: message}}
}

// readFailure says false where the text is no error of Iris: then something in between has answered.
func readFailure(data []byte) (Failure, bool) {
	var failure Failure
	err := json.Unmarshal(data, &failure)
	return failure, err == nil && failure.Name != "" && failure.StatusCode != 0
}
