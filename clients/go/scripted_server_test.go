package iris

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"sync"
	"testing"
	"time"
)

// How long between the pieces of a stream, so that each arrives by itself.
const apart = 15 * time.Millisecond

type exchange struct {
	Request struct {
		Method  string              `json:"method"`
		Path    string              `json:"path"`
		Query   map[string][]string `json:"query"`
		Headers map[string]*string  `json:"headers"`
		Body    any                 `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
		Text    string            `json:"text"`
		Cut     *string           `json:"cut"`
		Drop    bool              `json:"drop"`
		SSE     []string          `json:"sse"`
		Then    string            `json:"then"`
	} `json:"response"`
}

// scriptedServer expects these requests, in order, and answers each as it is told. `end` says what was not as expected.
func scriptedServer(t *testing.T, exchanges []exchange) (base string, end func()) {
	var lock sync.Mutex
	left := exchanges
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		if len(left) == 0 {
			lock.Unlock()
			t.Errorf("one request too many: %s %s", r.Method, r.URL)
			w.WriteHeader(http.StatusGone)
			return
		}
		one := left[0]
		left = left[1:]
		lock.Unlock()
		if fault := compare(one, r); fault != "" {
			t.Error(fault)
			w.WriteHeader(http.StatusGone)
			return
		}
		answer(w, one, over)
	}))
	return server.URL, func() {
		close(over)
		server.CloseClientConnections()
		server.Close()
		if len(left) > 0 {
			t.Errorf("%d requests were not made", len(left))
		}
	}
}

func compare(one exchange, r *http.Request) string {
	data, _ := io.ReadAll(r.Body)
	seen := one.Request
	seen.Method, seen.Path, seen.Query, seen.Body = r.Method, r.URL.EscapedPath(), r.URL.Query(), nil
	if len(data) > 0 {
		_ = json.Unmarshal(data, &seen.Body)
	}
	seen.Headers = map[string]*string{}
	for name := range one.Request.Headers {
		seen.Headers[name] = nil
		if values := r.Header.Values(name); len(values) > 0 {
			seen.Headers[name] = &values[0]
		}
	}
	if reflect.DeepEqual(url.Values(seen.Query), url.Values(one.Request.Query)) {
		seen.Query = one.Request.Query
	}
	expected, _ := json.Marshal(one.Request)
	got, _ := json.Marshal(seen)
	if string(expected) == string(got) {
		return ""
	}
	return fmt.Sprintf("expected %s\n     got %s", expected, got)
}

func answer(w http.ResponseWriter, one exchange, over chan struct{}) {
	response := one.Response
	if response.Drop {
		panic(http.ErrAbortHandler)
	}
	for name, value := range response.Headers {
		w.Header().Set(name, value)
	}
	w.Header().Set("Connection", "close")
	w.Header().Set("Content-Type", "application/json")
	if response.SSE != nil {
		w.Header().Set("Content-Type", "text/event-stream")
	}
	if response.Cut != nil {
		w.Header().Set("Content-Length", "1000")
	}
	w.WriteHeader(max(response.Status, 200))
	flush := w.(http.Flusher).Flush
	switch {
	case response.Cut != nil:
		_, _ = io.WriteString(w, *response.Cut)
		flush()
		panic(http.ErrAbortHandler)
	case response.SSE == nil && response.Body != nil:
		_, _ = w.Write(response.Body)
		return
	case response.SSE == nil:
		_, _ = io.WriteString(w, response.Text)
		return
	}
	for _, piece := range response.SSE {
		flush()
		time.Sleep(apart)
		_, _ = io.WriteString(w, piece)
	}
	flush()
	time.Sleep(apart)
	switch response.Then {
	case "drop":
		panic(http.ErrAbortHandler)
	case "hold":
		<-over
	}
}
