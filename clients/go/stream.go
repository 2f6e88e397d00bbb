package iris

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// How long one request waits for the end of a tell: less than what stands in between may cut off.
const longestAsk = 25 * time.Second

// Chunk is a piece of an answer: it goes to Offset of what came before, and replaces what stood there and after.
type Chunk struct {
	// Offset in UTF-16 units, which are not the bytes of a string: Text has the piece in its place.
	Offset int
	Chunk  string
	// Text is the whole answer so far.
	Text string
}

// Usage is what a tell consumed.
type Usage = TellGetOutputUsage

// Answer is what a team said to a tell.
type Answer struct {
	TellID    string `json:"tellId"`
	SessionID string `json:"sessionId"`
	From      string `json:"from"`
	To        string `json:"to"`
	Message   string `json:"message"`
	Response  string `json:"response"`
	// Duration from acceptance to the end, ms.
	Duration int64  `json:"duration,omitempty"`
	Usage    *Usage `json:"usage,omitempty"`
}

func answerOfSent(sent *TeamTellOutput) *Answer {
	answer := &Answer{TellID: sent.TellID, SessionID: sent.SessionID, From: sent.From, To: sent.To, Message: sent.Message, Response: sent.Response, Duration: sent.Duration}
	if sent.Usage != nil {
		usage := Usage(*sent.Usage)
		answer.Usage = &usage
	}
	return answer
}

// A tell as it is found, or as it ends.
type tellState struct {
	Answer
	State string   `json:"state"`
	Error *Failure `json:"error"`
}

// failure is the error that a tell ended with, as team_tell says it: with what is known of the tell in its details.
func (t *tellState) failure() error {
	details := map[string]any{}
	for name, value := range t.Error.Details {
		details[name] = value
	}
	details["tellId"], details["sessionId"], details["state"], details["response"] = t.TellID, t.SessionID, t.State, t.Response
	t.Error.Details = details
	return errorOf(*t.Error)
}

// StreamOptions of Stream.
type StreamOptions struct {
	// From is who speaks. Default: the key's own name.
	From string
	// TellID is a UUID of your choice: the same id and message is the same tell.
	TellID string
	// Retries is how many attempts to connect in a row may fail. Default: 10
	Retries *int
}

// TellStream is a tell whose answer is read while it grows. Reading less than all of it stops nothing: TellCancel does.
type TellStream struct {
	TellID string
	// SessionID is known once the tell is accepted.
	SessionID string
	// Answer is there when the tell has ended well.
	Answer *Answer

	client  *Client
	ctx     context.Context
	input   TeamTellInput
	retries *int
	sent    *TeamTellOutput
	text    strings.Builder
	units   int
}

// Stream sends a message to a team; the answer as it grows, whatever happens to the connection. Nothing is sent before
// it is read.
func (c *Client) Stream(ctx context.Context, team, message string, options StreamOptions) *TellStream {
	if options.TellID == "" {
		options.TellID = c.newID()
	}
	if options.Retries == nil {
		options.Retries = Ptr(10)
	}
	input := TeamTellInput{ToTeam: team, Message: message, FromTeam: options.From, Timeout: Ptr[int64](-1), TellID: options.TellID}
	return &TellStream{TellID: options.TellID, client: c, ctx: ctx, input: input, retries: options.Retries}
}

// Text is the answer so far.
func (s *TellStream) Text() string { return s.text.String() }

// Final reads to the end.
func (s *TellStream) Final() (*Answer, error) {
	for _, err := range s.Chunks() {
		if err != nil {
			return nil, err
		}
	}
	return s.Answer, nil
}

// Chunks are the pieces of the answer, once. An error is the last of them.
func (s *TellStream) Chunks() iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		if err := s.run(func(chunk Chunk) error {
			if !yield(chunk, nil) {
				return errStopped
			}
			return nil
		}); err != nil && !errors.Is(err, errStopped) {
			yield(Chunk{}, err)
		}
	}
}

type emit func(Chunk) error

func (s *TellStream) run(give emit) error {
	// Where the events stand before the tell: all of its own come after.
	before, err := s.client.EventList(s.ctx, EventListInput{Limit: Ptr[int64](1)})
	mayRead := !isForbidden(err)
	if err != nil && mayRead {
		return err
	}
	if s.sent, err = s.client.TeamTell(s.ctx, s.input); err != nil {
		return err
	}
	s.SessionID = s.sent.SessionID
	if !s.sent.Async {
		return s.end(tellState{Answer: *answerOfSent(s.sent)}, give)
	}
	if mayRead {
		for event, err := range s.client.follow(s.ctx, EventsOptions{Rooms: []string{"session:" + s.SessionID}, After: &before.Head, Retries: s.retries}) {
			if isForbidden(err) {
				break
			}
			if err == nil {
				err = s.hear(event, give)
			}
			if err != nil || s.Answer != nil {
				return err
			}
		}
	}
	// A key that may not read what is said in the session still finds its own tell.
	for s.Answer == nil {
		if err := s.look(Ptr(longestAsk.Milliseconds()), give); err != nil {
			return err
		}
	}
	return nil
}

func (s *TellStream) hear(event Event, give emit) error {
	if event.Event == "resumed" {
		return s.look(nil, give)
	}
	var piece struct {
		TellID string `json:"tellId"`
		Offset int    `json:"offset"`
		Chunk  string `json:"chunk"`
	}
	if json.Unmarshal(event.Data, &piece) != nil || piece.TellID != s.TellID {
		return nil
	}
	switch event.Event {
	case "tell:chunk":
		if piece.Offset > s.units { // something before it is not known: the tell began before this stream
			return s.look(nil, give)
		}
		return give(s.put(piece.Offset, piece.Chunk))
	case "tell:complete", "tell:error":
		var tell tellState
		if err := json.Unmarshal(event.Data, &tell); err != nil {
			return err
		}
		if tell.Error != nil {
			return tell.failure()
		}
		return s.end(tell, give)
	}
	return nil
}

// look asks for the tell itself.
func (s *TellStream) look(wait *int64, give emit) error {
	var tell tellState
	if err := s.client.Call(s.ctx, "tell_get", TellGetInput{TellID: s.TellID, Wait: wait}, &tell); err != nil {
		return err
	}
	if tell.Error != nil {
		return tell.failure()
	}
	if tell.State == "completed" {
		return s.end(tell, give)
	}
	return s.become(tell.Response, give)
}

func (s *TellStream) put(offset int, chunk string) Chunk {
	if offset < s.units {
		kept := s.text.String()[:byteAt(s.text.String(), offset)]
		s.text = strings.Builder{}
		s.text.WriteString(kept)
	}
	s.text.WriteString(chunk)
	s.units = offset + unitsOf(chunk)
	return Chunk{offset, chunk, s.text.String()}
}

func (s *TellStream) become(text string, give emit) error {
	now := s.text.String()
	if text == now {
		return nil
	}
	same := 0
	for same < len(text) && same < len(now) && text[same] == now[same] {
		same++
	}
	for same > 0 && same < len(text) && !utf8.RuneStart(text[same]) || same > 0 && same < len(now) && !utf8.RuneStart(now[same]) {
		same--
	}
	return give(s.put(unitsOf(text[:same]), text[same:]))
}

func (s *TellStream) end(tell tellState, give emit) error {
	err := s.become(tell.Response, give)
	s.Answer = &Answer{TellID: s.TellID, SessionID: s.SessionID, From: s.sent.From, To: s.sent.To, Message: s.sent.Message, Response: tell.Response, Duration: tell.Duration, Usage: tell.Usage}
	return err
}

func unitsOf(text string) int {
	units := 0
	for _, char := range text {
		units += utf16.RuneLen(char)
	}
	return units
}

// byteAt is where the UTF-16 unit stands in the string.
func byteAt(text string, unit int) int {
	for at, char := range text {
		if unit <= 0 {
			return at
		}
		unit -= utf16.RuneLen(char)
	}
	return len(text)
}

func isForbidden(err error) bool {
	var forbidden *ForbiddenError
	return errors.As(err, &forbidden)
}
