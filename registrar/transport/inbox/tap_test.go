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
	// enough is with how many messages it wants no more; 0 is never.
	enough int
}

func (t *tap) Take(all []transport.Message) (more bool) {
	for _, m := range all {
		t.got = append(t.got, string(m.Data))
	}
	return len(t.got) < t.enough || t.enough == 0
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

// A tap that has enough leaves what follows to Get, or to another tap.
func TestTapHasEnough(t *testing.T) {
	q := inbox.New(1 << 20)
	first := tap{enough: 3}
	q.TryPutAll(words("a"))
	q.Tap(&first)
	if !q.Tapped() {
		t.Error("a tap that wants more is none")
	}
	q.TryPutAll(words("b", "c"))
	if q.Tapped() {
		t.Error("a tap that has enough is one still")
	}
	q.TryPutAll(words("d", "e"))
	q.TryPut(words("f")[0])
	if m, err := q.Get(context.Background()); err != nil || string(m.Data) != "d" {
		t.Errorf("Get gave %q, %v, want d", m.Data, err)
	}
	second := tap{enough: 2}
	q.Tap(&second)
	q.TryPutAll(words("g"))
	q.End()
	if !slices.Equal(first.got, []string{"a", "b", "c"}) || !slices.Equal(second.got, []string{"e", "f"}) || first.ended+second.ended != 0 {
		t.Errorf("the taps got %q and %q, and %d ends", first.got, second.got, first.ended+second.ended)
	}
	if m, err := q.Get(context.Background()); err != nil || string(m.Data) != "g" {
		t.Errorf("Get gave %q, %v, want g", m.Data, err)
	}
	if _, err := q.Get(context.Background()); !errors.Is(err, inbox.ErrEnded) {
		t.Errorf("error %v, want %v", err, inbox.ErrEnded)
	}
}

// What is queued reaches a tap in small batches, so that it can have enough of them.
func TestTapInBatches(t *testing.T) {
	q := inbox.New(1 << 20)
	for range 100 {
		q.TryPutAll(words("x"))
	}
	to := tap{enough: 20}
	q.Tap(&to)
	if n := len(to.got); n != 32 {
		t.Errorf("a tap that has enough with 20 of 100 messages got %d, want the two batches of 16", n)
	}
}
