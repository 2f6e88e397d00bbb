package iris

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A server that says nothing for so long is gone: it says something every 14 s.
const silence = 45 * time.Second

// Event is something that happened; or of the stream itself, with no Seq: `resumed` and `caught_up`.
type Event struct {
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
	// Seq is its number on the one line of the server: the cursor to go on from. 0 where it has none.
	Seq int64 `json:"seq,omitempty"`
}

// EventsOptions of Events.
type EventsOptions struct {
	// Rooms: `session:<id>`, what is said in a session · `team:<name>`, `team:*`, its processes. Default: all that the key may hear.
	Rooms []string
	// After is the Seq of the last event that is known; 0: from the beginning. Default: from now on.
	After *int64
	// Notices: also `resumed` and `caught_up` where nothing was lost.
	Notices bool
	// Retries is how many attempts in a row may fail. Default: no bound.
	Retries *int
}

// What the stream says of itself.
type notice struct {
	Verdict string `json:"verdict"`
	From    int64  `json:"from"`
	Seq     int64  `json:"seq"`
}

var errStopped = errors.New("nobody reads on")

func (c *Client) follow(ctx context.Context, options EventsOptions) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		cursor := options.After
		failed := 0
		for {
			err, again, wait := c.connect(ctx, options.Rooms, cursor, func(event Event) bool {
				var said notice
				if event.Seq > 0 {
					cursor = Ptr(event.Seq)
				} else if json.Unmarshal(event.Data, &said) == nil {
					if event.Event == "resumed" {
						cursor = Ptr(said.From)
					} else if event.Event == "caught_up" && (cursor == nil || said.Seq > *cursor) {
						cursor = Ptr(said.Seq)
					}
				}
				if event.Event != "resumed" {
					failed = 0
				}
				return (event.Seq == 0 && !options.Notices && said.Verdict != "gap") || yield(event, nil)
			})
			if errors.Is(err, errStopped) {
				return
			}
			if !again || (options.Retries != nil && failed >= *options.Retries) {
				yield(Event{}, err)
				return
			}
			if wait == unsaid {
				wait = c.backoff(failed)
			}
			if err := c.sleep(ctx, wait); err != nil {
				yield(Event{}, err)
				return
			}
			failed++
		}
	}
}

// connect reads one connection until it ends or `hear` says false. Says whether it makes sense to make it again.
func (c *Client) connect(ctx context.Context, rooms []string, cursor *int64, hear func(Event) bool) (err error, again bool, wait time.Duration) {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(silence, cancel)
	defer watch.Stop()
	r := request{method: http.MethodGet, path: "/api/events/stream", headers: map[string]string{"Accept": "text/event-stream"}}
	if rooms != nil {
		r.query = url.Values{"rooms": rooms}
	}
	if cursor != nil {
		r.headers["Last-Event-ID"] = strconv.FormatInt(*cursor, 10)
	}
	broken := func(err error) (error, bool, time.Duration) {
		if ctx.Err() != nil {
			return context.Cause(ctx), false, unsaid
		}
		var known *ConnectionLostError
		if !errors.As(err, &known) {
			err = lost(c.url, err)
		}
		return err, true, unsaid
	}
	response, err := c.send(own, r)
	if err != nil {
		return broken(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}
	reader := bufio.NewReader(response.Body)
	var id, name string
	var data []string
	for {
		line, err := reader.ReadString('\n')
		if err != nil { // what is cut off in the middle of an event is not one
			return broken(err)
		}
		watch.Reset(silence)
		line = strings.TrimRight(line, "\r\n")
		field, content, _ := strings.Cut(line, ":")
		content = strings.TrimPrefix(content, " ")
		switch {
		case line == "":
			if len(data) > 0 && !hear(read(id, name, strings.Join(data, "\n"))) {
				return errStopped, false, unsaid
			}
			id, name, data = "", "", nil
		case field == "id":
			id = content
		case field == "event":
			name = content
		case field == "data":
			data = append(data, content)
		}
	}
}

// A stored event is a frame with its name within; what the stream says of itself is bare.
func read(id, name, text string) Event {
	event := Event{Event: name, Data: json.RawMessage(text)}
	if id != "" {
		var frame Event
		if json.Unmarshal([]byte(text), &frame) == nil {
			event = frame
		}
		event.Seq, _ = strconv.ParseInt(id, 10, 64)
	}
	return event
}
