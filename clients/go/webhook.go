package iris

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// WebhookOptions of VerifyWebhook.
type WebhookOptions struct {
	// Tolerance is how old or how far in the future it may be. Default: 5 minutes
	Tolerance time.Duration
	// Now takes the place of the clock.
	Now time.Time
}

// VerifyWebhook reads a webhook as Standard Webhooks signs it (HMAC-SHA-256 over id, time and body). The body is as it
// came, before any parsing; a secret begins with `whsec_`, and while one is being rotated there may be several. It fails
// with SignatureError.
func VerifyWebhook(secrets []string, headers http.Header, body []byte, options WebhookOptions) (json.RawMessage, error) {
	id, timestamp, signatures := headers.Get("Webhook-Id"), headers.Get("Webhook-Timestamp"), headers.Get("Webhook-Signature")
	if id == "" || timestamp == "" || signatures == "" {
		return nil, badSignature("The headers webhook-id, webhook-timestamp and webhook-signature are needed")
	}
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	if err != nil {
		return nil, badSignature("webhook-timestamp is no time")
	}
	if options.Tolerance == 0 {
		options.Tolerance = 5 * time.Minute
	}
	if options.Now.IsZero() {
		options.Now = time.Now()
	}
	if options.Now.Sub(time.Unix(int64(seconds), 0)).Abs() > options.Tolerance {
		return nil, badSignature("The webhook is too old, or from the future")
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) == 0 {
			return nil, errors.New("the secret is no base64")
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(body)
		expected := mac.Sum(nil)
		for _, signature := range strings.Split(signatures, " ") {
			given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(signature, "v1,"))
			// hmac.Equal takes the same time whatever the signature is.
			if err == nil && strings.HasPrefix(signature, "v1,") && hmac.Equal(given, expected) {
				return json.RawMessage(body), nil
			}
		}
	}
	return nil, badSignature("No signature fits the secret")
}
