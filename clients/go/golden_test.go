package iris

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

type told struct {
	Team    string `json:"team"`
	Message string `json:"message"`
	From    string `json:"from"`
	TellID  string `json:"tellId"`
	Timeout int64  `json:"timeout"`
	Retries *int   `json:"retries"`
}

type goldenCase struct {
	Name string `json:"name"`
	Do   struct {
		Call   string          `json:"call"`
		Input  json.RawMessage `json:"input"`
		Tell   *told           `json:"tell"`
		Stream *told           `json:"stream"`
		Events *struct {
			Rooms   []string `json:"rooms"`
			After   *int64   `json:"after"`
			Notices bool     `json:"notices"`
		} `json:"events"`
		Take int `json:"take"`
	} `json:"do"`
	Exchanges []exchange `json:"exchanges"`
	Sleeps    []int64    `json:"sleeps"`
	Result    any        `json:"result"`
	Error     *struct {
		Name       string         `json:"name"`
		StatusCode int            `json:"statusCode"`
		Details    map[string]any `json:"details"`
	} `json:"error"`
	Chunks [][2]any `json:"chunks"`
	Events any      `json:"events"`
}

func fixture[T any](t *testing.T, path string) T {
	t.Helper()
	var value T
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// plain is the value as it is in JSON.
func plain(t *testing.T, value any) any {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var result any
	_ = json.Unmarshal(data, &result)
	return result
}

func equal(t *testing.T, what string, got, expected any) {
	t.Helper()
	if got, expected := plain(t, got), plain(t, expected); !reflect.DeepEqual(got, expected) {
		t.Errorf("%s:\nexpected %v\n     got %v", what, expected, got)
	}
}

func TestGolden(t *testing.T) {
	for _, file := range []string{"calls", "streams"} {
		golden := fixture[struct {
			Key   string       `json:"key"`
			Cases []goldenCase `json:"cases"`
		}](t, "../fixtures/"+file+".json")
		for _, one := range golden.Cases {
			t.Run(one.Name, func(t *testing.T) { play(t, golden.Key, one) })
		}
	}
}

func play(t *testing.T, key string, one goldenCase) {
	base, end := scriptedServer(t, one.Exchanges)
	client := New(Options{URL: base, Key: key})
	ids, sleeps := 0, []int64{}
	client.newID = func() string { ids++; return fmt.Sprintf("00000000-0000-4000-8000-%012d", ids) }
	client.random = func() float64 { return 1 }
	client.sleep = func(_ context.Context, wait time.Duration) error {
		sleeps = append(sleeps, wait.Milliseconds())
		return nil
	}
	result, chunks, events, err := do(t, client, one)
	end()

	if one.Error == nil && err != nil {
		t.Fatal(err)
	}
	if one.Error != nil {
		var failure *Failure
		if !errors.As(err, &failure) || failure.Name != one.Error.Name || failure.StatusCode != one.Error.StatusCode {
			t.Fatalf("expected %v, got %v", one.Error, err)
		}
		if typeName(err) != one.Error.Name {
			t.Errorf("%s has the type %s", one.Error.Name, typeName(err))
		}
		if one.Error.Details != nil {
			equal(t, "details", failure.Details, one.Error.Details)
		}
	} else {
		equal(t, "result", result, one.Result)
	}
	equal(t, "chunks", chunks, one.Chunks)
	equal(t, "events", events, one.Events)
	equal(t, "sleeps", sleeps, one.Sleeps)
}

// typeName is the name of the error's type; the base is for those that have none of their own.
func typeName(err error) string {
	name := reflect.TypeOf(err).Elem().Name()
	if name == "Failure" {
		return "IrisError"
	}
	return name
}

func do(t *testing.T, client *Client, one goldenCase) (result any, chunks [][2]any, events []Event, err error) {
	ctx := context.Background()
	switch {
	case one.Do.Call != "":
		// By the method's own input type, so that its tags are what is tested.
		input := reflect.New(method(client, one.Do.Call).Type().In(1))
		if err := json.Unmarshal(one.Do.Input, input.Interface()); err != nil {
			t.Fatal(err)
		}
		err = client.Call(ctx, one.Do.Call, input.Interface(), &result)
	case one.Do.Tell != nil:
		given := one.Do.Tell
		result, err = client.Tell(ctx, given.Team, given.Message, TellOptions{From: given.From, TellID: given.TellID, Timeout: time.Duration(given.Timeout) * time.Millisecond})
	case one.Do.Stream != nil:
		given := one.Do.Stream
		stream := client.Stream(ctx, given.Team, given.Message, StreamOptions{From: given.From, TellID: given.TellID, Retries: given.Retries})
		chunks = [][2]any{}
		var units []uint16
		for chunk, failed := range stream.Chunks() {
			if err = failed; err != nil {
				break
			}
			// By another way than the library's.
			units = append(units[:chunk.Offset:chunk.Offset], utf16.Encode([]rune(chunk.Chunk))...)
			if text := string(utf16.Decode(units)); text != chunk.Text {
				t.Errorf("expected %q, got %q", text, chunk.Text)
			}
			chunks = append(chunks, [2]any{chunk.Offset, chunk.Chunk})
		}
		result = stream.Answer
	default:
		given := one.Do.Events
		events = []Event{}
		for event, failed := range client.Events(ctx, EventsOptions{Rooms: given.Rooms, After: given.After, Notices: given.Notices}) {
			if err = failed; err != nil {
				break
			}
			if events = append(events, event); len(events) == one.Do.Take {
				break
			}
		}
	}
	return result, chunks, events, err
}

func method(client *Client, tool string) reflect.Value {
	name := ""
	for _, word := range strings.Split(tool, "_") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return reflect.ValueOf(client).MethodByName(name)
}

func TestEveryErrorHasAType(t *testing.T) {
	golden := fixture[struct {
		Bodies  []Failure `json:"bodies"`
		Unknown Failure   `json:"unknown"`
	}](t, "../fixtures/errors.json")
	for _, body := range golden.Bodies {
		err := errorOf(body)
		var failure *Failure
		if typeName(err) != body.Name || !errors.As(err, &failure) {
			t.Errorf("%s has the type %T", body.Name, err)
			continue
		}
		equal(t, body.Name, failure, body)
	}
	if err := errorOf(golden.Unknown); typeName(err) != "IrisError" || err.Error() != "FrobnicationError: New in a later server" {
		t.Errorf("%T %v", err, err)
	}
}

func TestWebhooks(t *testing.T) {
	golden := fixture[struct {
		Vectors []struct {
			Name    string            `json:"name"`
			Secret  []string          `json:"secret"`
			Headers map[string]string `json:"headers"`
			Body    string            `json:"body"`
			Now     int64             `json:"now"`
			Fits    bool              `json:"fits"`
		} `json:"vectors"`
	}](t, "../fixtures/webhooks.json")
	for _, one := range golden.Vectors {
		t.Run(one.Name, func(t *testing.T) {
			headers := http.Header{}
			for name, value := range one.Headers {
				headers.Set(name, value)
			}
			body, err := VerifyWebhook(one.Secret, headers, []byte(one.Body), WebhookOptions{Now: time.Unix(one.Now, 0)})
			var bad *SignatureError
			switch {
			case one.Fits && (err != nil || string(body) != one.Body):
				t.Error(err)
			case !one.Fits && !errors.As(err, &bad):
				t.Errorf("taken: %v", err)
			}
		})
	}
}
