package iris

import (
	"strings"
	"testing"
)

func TestWhatIsNoURLOfAServerIsSaidAtOnce(t *testing.T) {
	ctx, _ := live(t)
	for _, url := range []string{"127.0.0.1:1615", "localhost:1615", "ftp://127.0.0.1"} {
		_, err := New(Options{URL: url}).TeamList(ctx, TeamListInput{})
		if err == nil || !strings.Contains(err.Error(), "is no URL of a server; expected e.g. http:") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestAKeyThatWasReadFromAFileEndsInALineBreak(t *testing.T) {
	ctx, _ := live(t)
	if _, err := New(Options{URL: server.URL, Key: server.Key + "\n"}).TeamList(ctx, TeamListInput{}); err != nil {
		t.Error(err)
	}
}
