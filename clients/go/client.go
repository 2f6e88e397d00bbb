// Package iris talks to coding agents through an Iris server.
package iris

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	random "math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Options of a Client. The zero value is a server on this machine that wants no key.
type Options struct {
	// URL of the server. Default: http://127.0.0.1:1615
	URL string
	Key string
	// Retries is how often a call is sent again at the most, where that may help. 0: 4 times; below: never.
	Retries int
	// HTTP client. It must not have a Timeout: answers may take hours.
	HTTP *http.Client
}

// Client is a server of Iris. Every tool is a method of its name; Tell, Stream and Events are what one mostly wants.
type Client struct {
	url, key string
	retries  int
	http     *http.Client
	sleep    func(context.Context, time.Duration) error
	random   func() float64
	newID    func() string
}

// New makes a client. Nothing is sent yet.
func New(options Options) *Client {
	// A key that was read from a file has a line break at its end.
	c := &Client{url: options.URL, key: strings.TrimSpace(options.Key), retries: options.Retries, http: options.HTTP, sleep: sleep, random: random.Float64, newID: newID}
	if c.url == "" {
		c.url = "http://127.0.0.1:1615"
	}
	c.url = strings.TrimSuffix(strings.TrimRight(c.url, "/"), "/api")
	if c.retries == 0 {
		c.retries = 4
	}
	if c.http == nil {
		c.http = &http.Client{}
	}
	return c
}

// Ptr is for optional fields whose zero means something: TeamTellInput{Timeout: iris.Ptr[int64](0)}.
func Ptr[T any](value T) *T { return &value }

// CallOption changes one call.
type CallOption func(*callOptions)

type callOptions struct{ idempotencyKey string }

// WithIdempotencyKey takes the place of a key made for this call: the same key and input is done once, whoever asks again.
func WithIdempotencyKey(key string) CallOption {
	return func(options *callOptions) { options.idempotencyKey = key }
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

// Call calls a tool by its name. The input is anything that is an object in JSON; the answer is decoded into output.
func (c *Client) Call(ctx context.Context, tool string, input, output any, options ...CallOption) error {
	route, known := Routes[tool]
	if !known {
		return fmt.Errorf("there is no tool %q", tool)
	}
	fields, err := fieldsOf(input)
	if err != nil {
		return err
	}
	var missing string
	r := request{method: route.Method, headers: map[string]string{}}
	r.path = inPath.ReplaceAllStringFunc(route.Path, func(match string) string {
		name := match[1 : len(match)-1]
		value := fields[name]
		delete(fields, name)
		if value == nil || value == "" {
			missing = name
			return ""
		}
		return url.PathEscape(fmt.Sprint(value))
	})
	if missing != "" {
		return fmt.Errorf("%s needs %q", tool, missing)
	}
	if route.Method == http.MethodPost {
		r.body = fields
	} else {
		r.query = queryOf(fields)
	}
	if route.Keyed {
		var own callOptions
		for _, option := range options {
			option(&own)
		}
		if own.idempotencyKey == "" {
			own.idempotencyKey = c.newID()
		}
		r.headers["Idempotency-Key"] = own.idempotencyKey
	}
	return c.ask(ctx, r, output)
}

func call[T any](ctx context.Context, c *Client, tool string, input any, options []CallOption) (*T, error) {
	var output T
	if err := c.Call(ctx, tool, input, &output, options...); err != nil {
		return nil, err
	}
	return &output, nil
}

func fieldsOf(input any) (map[string]any, error) {
	data, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	fields := map[string]any{}
	return fields, decoder.Decode(&fields)
}

func queryOf(fields map[string]any) url.Values {
	query := url.Values{}
	for name, value := range fields {
		many, isMany := value.([]any)
		if !isMany {
			many = []any{value}
		}
		for _, one := range many {
			query.Add(name, fmt.Sprint(one))
		}
	}
	return query
}

// TellOptions of Tell.
type TellOptions struct {
	// From is who speaks. Default: the key's own name.
	From string
	// Timeout is how long to wait for the answer. Default: as long as it takes.
	Timeout time.Duration
	// TellID is a UUID of your choice: the same id and message is the same tell.
	TellID string
}

// Tell sends a message to a team and waits for its answer. It fails with what the tell failed with; with TellTimeoutError
// where the wait ends first: the tell goes on.
func (c *Client) Tell(ctx context.Context, team, message string, options TellOptions) (*Answer, error) {
	id := options.TellID
	if id == "" {
		id = c.newID()
	}
	endless := options.Timeout <= 0
	left := options.Timeout
	slice := func() int64 {
		wait := longestAsk
		if !endless {
			wait = max(min(left, longestAsk), time.Millisecond)
		}
		left -= wait
		return wait.Milliseconds()
	}
	var known tellState
	told, err := c.TeamTell(ctx, TeamTellInput{ToTeam: team, Message: message, FromTeam: options.From, Timeout: Ptr(slice()), TellID: id})
	var late *TellTimeoutError
	switch {
	case err == nil && !told.Async:
		return answerOfSent(told), nil
	case err == nil:
		known.SessionID = told.SessionID
	case errors.As(err, &late) && late.Details["tellId"] == id:
		known.SessionID, _ = late.Details["sessionId"].(string)
		known.Response, _ = late.Details["response"].(string)
	default:
		return nil, err
	}
	for endless || left > 0 {
		if err := c.Call(ctx, "tell_get", TellGetInput{TellID: id, Wait: Ptr(slice())}, &known); err != nil {
			return nil, err
		}
		if known.Error != nil {
			return nil, known.failure()
		}
		if known.State == "completed" {
			return &known.Answer, nil
		}
	}
	return nil, errorOf(Failure{
		Name:       "TellTimeoutError",
		Message:    fmt.Sprintf("No answer within %s. The tell goes on: TellGet finds its answer by the TellID", options.Timeout),
		StatusCode: 408,
		Details:    map[string]any{"tellId": id, "sessionId": known.SessionID, "response": known.Response},
	})
}

// Events gives what happens on the server, in order, once each, from After or from now on, until you stop reading or the
// context ends. A connection that is lost is made again where it was; the event `resumed` with the verdict `gap` says
// that something is not kept any more.
func (c *Client) Events(ctx context.Context, options EventsOptions) iter.Seq2[Event, error] {
	return c.follow(ctx, options)
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
