package iris

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	firstWait   = 250 * time.Millisecond
	longestWait = 10 * time.Second
	// A server that says to come back later than this is not waited for.
	patience = 60 * time.Second
	// No wait is said.
	unsaid = time.Duration(-1)
)

type request struct {
	method, path string
	query        url.Values
	headers      map[string]string
	body         any
}

// backoff is how long to wait before the next attempt, after so many that failed in a row (0: the first).
func (c *Client) backoff(failed int) time.Duration {
	wait := math.Min(float64(firstWait)*math.Pow(2, float64(failed)), float64(longestWait))
	return time.Duration(wait * (0.5 + c.random()/2))
}

// send sends one request once. It fails with ConnectionLostError where no answer comes, or as the context says.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		data, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	if !strings.HasPrefix(c.url, "http://") && !strings.HasPrefix(c.url, "https://") {
		return nil, fmt.Errorf("'%s' is no URL of a server; expected e.g. http://127.0.0.1:1615", c.url)
	}
	target := c.url + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.headers {
		req.Header.Set(name, value)
	}
	response, err := c.http.Do(req)
	if err != nil {
		return nil, c.lostOr(ctx, err)
	}
	return response, nil
}

// lostOr is what the context says where it has ended, else that the connection is lost.
func (c *Client) lostOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return lost(c.url, err)
}

// refusal is the error that an answer of 400 and above is, whether it makes sense to ask again, and after how long where it says.
func refusal(response *http.Response) (err error, again bool, wait time.Duration) {
	data, _ := io.ReadAll(response.Body)
	status := response.StatusCode
	failure, ours := readFailure(data)
	if !ours {
		failure = Failure{Name: "IrisError", Message: fmt.Sprintf("The server answered with status %d", status), StatusCode: status}
	}
	err = errorOf(failure)
	if status != 429 && status != 503 && (ours || (status != 502 && status != 504)) {
		return err, false, unsaid
	}
	seconds, bad := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 31)
	if bad != nil {
		return err, true, unsaid
	}
	wait = time.Duration(seconds) * time.Second
	return err, wait <= patience, wait
}

// ask sends one request, again while that may help: where no answer came, and where the server says that it is too busy.
// What changes something has an idempotency key, so it is done once, however often it is sent.
func (c *Client) ask(ctx context.Context, r request, output any) error {
	for failed := 0; ; failed++ {
		err, again, wait := c.attempt(ctx, r, output)
		if err == nil || !again || failed >= c.retries {
			return err
		}
		if wait == unsaid {
			wait = c.backoff(failed)
		}
		if err := c.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func (c *Client) attempt(ctx context.Context, r request, output any) (err error, again bool, wait time.Duration) {
	response, err := c.send(ctx, r)
	if err != nil {
		var gone *ConnectionLostError
		return err, errors.As(err, &gone), unsaid
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return refusal(response)
	}
	// An answer that breaks off is as good as none.
	data, err := io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(data, output)
	}
	if err != nil {
		return c.lostOr(ctx, err), ctx.Err() == nil, unsaid
	}
	return nil, false, unsaid
}
