package capture_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rserpool/registrar/capture"
	"rserpool/registrar/feed"
)

func TestNobodyWatches(t *testing.T) {
	var none *capture.Recorder
	if none.On() || none.Since(0, 9, 9) != nil || none.Last() != 0 {
		t.Error("a nil recorder records")
	}
	r := capture.New(capture.DefaultMessages)
	r.Record(feed.Captured{}, []byte("x"))
	if r.On() || r.Last() != 0 || len(r.Since(0, 9, 9)) != 0 {
		t.Error("it records while nobody watches")
	}
}

func TestWatch(t *testing.T) {
	r := capture.New(capture.DefaultMessages)
	news := make(chan struct{}, 1)
	one, two := r.Watch(news), r.Watch(nil)
	data := []byte("first")
	r.Record(feed.Captured{Association: 7}, data)
	data[0] = 'X'
	r.Record(feed.Captured{}, []byte("second"))
	<-news
	got := r.Since(0, 9, 99)
	if len(got) != 2 || got[0].Number != 1 || got[1].Number != 2 || got[0].Association != 7 || got[0].Micros == 0 || string(got[0].Bytes) != "first" {
		t.Fatalf("%+v", got)
	}
	if got := r.Since(1, 9, 99); len(got) != 1 || got[0].Number != 2 {
		t.Errorf("since 1: %+v", got)
	}
	one.Stop()
	if !r.On() || len(r.Since(0, 9, 99)) != 2 {
		t.Error("the other watcher has lost it")
	}
	two.Stop()
	two.Stop() // twice is harmless
	if r.On() || len(r.Since(0, 9, 99)) != 0 || r.Last() != 2 {
		t.Error("after the last watcher the messages are still there, or the numbers start anew")
	}
}

func TestSinceIsBounded(t *testing.T) {
	r := capture.New(capture.DefaultMessages)
	defer r.Watch(nil).Stop()
	for range 9 {
		r.Record(feed.Captured{}, make([]byte, 10))
	}
	for _, tt := range []struct {
		messages, bytes int
		first           uint64
	}{{4, 999, 6}, {99, 35, 7}, {99, 5, 9}} {
		if got := r.Since(0, tt.messages, tt.bytes); got[0].Number != tt.first || got[len(got)-1].Number != 9 {
			t.Errorf("%+v: %d to %d", tt, got[0].Number, got[len(got)-1].Number)
		}
	}
}

func TestCut(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 60_000)
	c := capture.Message{Captured: feed.Captured{Number: 3}, Bytes: long}.Cut()
	if c.Number != 3 || c.Length != 60_000 || c.Data != strings.Repeat("\x07", feed.CapturedData) {
		t.Errorf("number %d, length %d, %d bytes", c.Number, c.Length, len(c.Data))
	}
}

// The ring holds what a list would of which the oldest are cut off.
func TestRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := capture.New(capture.DefaultMessages)
		defer r.Watch(nil).Stop()
		var model []int
		sum := 0
		size := rapid.SampledFrom([]int{60, 3_000, 65_535}).Draw(t, "size")
		for range rapid.IntRange(0, 11_000).Draw(t, "messages") {
			r.Record(feed.Captured{}, make([]byte, size))
			model = append(model, size)
			for sum += size; sum > capture.DefaultMessages*capture.MessageSize || len(model) > capture.DefaultMessages; model = model[1:] {
				sum -= model[0]
			}
		}
		got := r.Since(0, capture.DefaultMessages, capture.DefaultMessages*capture.MessageSize)
		if len(got) != len(model) {
			t.Fatalf("%d messages, want %d", len(got), len(model))
		}
		for i, m := range got {
			if m.Number != r.Last()-uint64(len(got)-1-i) || len(m.Bytes) != model[i] {
				t.Fatalf("message %d of %d has number %d and %d bytes", i, len(got), m.Number, len(m.Bytes))
			}
		}
	})
}

// What recording costs a message while nobody watches, and while somebody does.
func BenchmarkRecord(b *testing.B) {
	data := make([]byte, 100)
	run := func(r *capture.Recorder) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r.On() {
					r.Record(feed.Captured{Out: true}, data)
				}
			}
		}
	}
	b.Run("off", run(capture.New(capture.DefaultMessages)))
	watched := capture.New(capture.DefaultMessages)
	defer watched.Watch(nil).Stop()
	b.Run("on", run(watched))
}
