package iris

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

var server struct {
	URL   string `json:"url"`
	Key   string `json:"key"`
	Flaky string `json:"flaky"`
}

// A real server for all tests, with the echo agent.
func TestMain(m *testing.M) {
	child := exec.Command("node", "../test/server.js")
	child.Stderr = os.Stderr
	stdin, _ := child.StdinPipe()
	stdout, _ := child.StdoutPipe()
	if err := child.Start(); err != nil {
		panic(err)
	}
	line, _ := bufio.NewReader(stdout).ReadBytes('\n')
	if err := json.Unmarshal(line, &server); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = stdin.Close()
	_ = child.Wait()
	os.Exit(code)
}

func live(t *testing.T) (context.Context, *Client) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx, New(Options{URL: server.URL, Key: server.Key})
}

func TestATeamAnswers(t *testing.T) {
	ctx, client := live(t)
	answer, err := client.Tell(ctx, "echo", "hello", TellOptions{From: "me"})
	if err != nil || answer.Response != "echo: hello" || answer.From != "me" || answer.To != "echo" {
		t.Fatal(answer, err)
	}
}

func TestAnIDOfOnesOwnIsOneTell(t *testing.T) {
	ctx, client := live(t)
	id := newID()
	for range 2 {
		answer, err := client.Tell(ctx, "echo", "once, in Go", TellOptions{From: "me", TellID: id})
		if err != nil || answer.TellID != id {
			t.Fatal(answer, err)
		}
	}
	list, err := client.TellList(ctx, TellListInput{Limit: Ptr[int64](500)})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, tell := range list.Tells {
		if tell.Message == "once, in Go" {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%d tells", count)
	}
}

func TestAWaitThatEndsFirstLeavesTheTellToGoOn(t *testing.T) {
	ctx, client := live(t)
	_, err := client.Tell(ctx, "echo", "!slow 5 100 in the end", TellOptions{From: "waiter", Timeout: 50 * time.Millisecond})
	var late *TellTimeoutError
	if !errors.As(err, &late) {
		t.Fatal(err)
	}
	tell, err := client.TellGet(ctx, TellGetInput{TellID: late.Details["tellId"].(string), Wait: Ptr[int64](20_000)})
	if err != nil || !strings.Contains(tell.Response, "in the end") {
		t.Fatal(tell, err)
	}
}

func TestPiecesMakeTheAnswerToTheLetter(t *testing.T) {
	for _, message := range []string{"hello", "!unicode", "!restart", "!blocks", "!slow 8 5 a word or two"} {
		t.Run(message, func(t *testing.T) {
			ctx, client := live(t)
			stream := client.Stream(ctx, "echo", message, StreamOptions{From: "streamer"})
			answer, err := stream.Final()
			if err != nil {
				t.Fatal(err)
			}
			tell, err := client.TellGet(ctx, TellGetInput{TellID: stream.TellID})
			if err != nil || tell.Response != stream.Text() || answer.Response != tell.Response {
				t.Errorf("%q is not %q: %v", stream.Text(), tell.Response, err)
			}
		})
	}
}

func TestAnAnswerIsWholeOverALineThatBreaks(t *testing.T) {
	ctx, client := live(t)
	flaky, breaks := New(Options{URL: server.Flaky, Key: server.Key}), 0
	flaky.sleep = func(context.Context, time.Duration) error { breaks++; return nil }
	stream := flaky.Stream(ctx, "echo", "!slow 60 20 "+strings.Repeat("word ", 60), StreamOptions{From: "flaky"})
	text, pieces := "", 0
	for chunk, err := range stream.Chunks() {
		if err != nil {
			t.Fatal(err)
		}
		if chunk.Offset != len(text) {
			t.Error("something comes twice")
		}
		text += chunk.Chunk
		pieces++
	}
	tell, err := client.TellGet(ctx, TellGetInput{TellID: stream.TellID})
	if err != nil || tell.Response != text || pieces <= 5 || breaks <= 1 {
		t.Errorf("%d pieces, %d breaks, %v", pieces, breaks, err)
	}
}

func TestEventsComeInOrderOnceEachOverALineThatBreaks(t *testing.T) {
	ctx, client := live(t)
	before, err := client.EventList(ctx, EventListInput{Limit: Ptr[int64](1)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Tell(ctx, "echo", "!slow 40 1 "+strings.Repeat("much to say ", 40), TellOptions{From: "events"}); err != nil {
		t.Fatal(err)
	}
	list, err := client.EventList(ctx, EventListInput{After: &before.Head, Limit: Ptr[int64](1000)})
	if err != nil {
		t.Fatal(err)
	}
	var expected, seen []int64
	for _, event := range list.Events {
		expected = append(expected, event.Seq)
	}
	for event, err := range New(Options{URL: server.Flaky, Key: server.Key}).Events(ctx, EventsOptions{After: &before.Head}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, event.Seq); len(seen) == len(expected) {
			break
		}
	}
	if !slices.Equal(seen, expected) {
		t.Errorf("expected %v, got %v", expected, seen)
	}
}

func TestReadingStopsWhenTheContextEnds(t *testing.T) {
	ctx, client := live(t)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for event, err := range client.Events(ctx, EventsOptions{Notices: true, Rooms: []string{"team:*"}}) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			return
		}
		if event.Event == "caught_up" {
			cancel()
		}
	}
	t.Error("it ends without a word")
}

func TestErrorsHaveTheTypeOfTheirName(t *testing.T) {
	ctx, client := live(t)
	var absent *TeamNotFoundError
	if _, err := client.Tell(ctx, "nobody", "hello", TellOptions{}); !errors.As(err, &absent) {
		t.Error(err)
	}
	var stranger *UnauthorizedError
	if _, err := New(Options{URL: server.URL, Key: "wrong"}).TeamList(ctx, TeamListInput{}); !errors.As(err, &stranger) {
		t.Error(err)
	}
	_, told := client.Tell(ctx, "echo", "!crash 3", TellOptions{From: "crasher"})
	_, streamed := client.Stream(ctx, "echo", "!crash 3", StreamOptions{From: "crasher"}).Final()
	for _, err := range []error{told, streamed} {
		var crash *AgentError
		if !errors.As(err, &crash) || crash.Details["exitCode"] != 3.0 {
			t.Error(err)
		}
	}
}
