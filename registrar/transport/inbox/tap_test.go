package inbox_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/inbox"
)

// tap writes down what it is given.
type tap struct {
	got   []string
	ended int
}

func (t *tap) Take(all []transport.Message) {
	for _, m := range all {
		t.got = append(t.got, string(m.Data))
	}
}

func (t *tap) End() { t.ended++ }

func words(all ...string) (messages []transport.Message) {
	for _, w := range all {
		messages = append(messages, transport.Message{Data: []byte(w)})
	}
	return messages
}

// A tap gets what waits, what waits for room, and what comes, in that order, and then
// the end, once.
func TestTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := inbox.New(1)
		if put := q.TryPutAll(words("a", "b")); put != 1 {
			t.Fatalf("%d of two messages queued where there is room for one", put)
		}
		stalled := make(chan error, 1)
		go func() { stalled <- q.Put(t.Context(), words("b")[0]) }()
		synctest.Wait()
		var to tap
		q.Tap(&to)
		if err := <-stalled; err != nil {
			t.Error(err)
		}
		if put := q.TryPutAll(words("c", "d")); put != 2 {
			t.Errorf("%d of two messages taken by a tap that has no limit", put)
		}
		if !q.TryPut(words("e")[0]) {
			t.Error("a message was not taken by a tap")
		}
		q.End()
		q.End()
		if put := q.TryPutAll(words("f")); put != 0 {
			t.Errorf("%d messages taken behind the end", put)
		}
		if want := []string{"a", "b", "c", "d", "e"}; !slices.Equal(to.got, want) || to.ended != 1 {
			t.Errorf("the tap got %q and %d ends, want %q and one", to.got, to.ended, want)
		}
	})
}

// What has ended before is given to a tap, too.
func TestTapBehindTheEnd(t *testing.T) {
	q := inbox.New(100)
	q.TryPutAll(words("a"))
	q.End()
	var to tap
	q.Tap(&to)
	if !slices.Equal(to.got, []string{"a"}) || to.ended != 1 {
		t.Errorf("the tap got %q and %d ends, want a and one", to.got, to.ended)
	}
	if _, err := q.Get(context.Background()); !errors.Is(err, inbox.ErrEnded) {
		t.Errorf("error %v, want %v", err, inbox.ErrEnded)
	}
}
