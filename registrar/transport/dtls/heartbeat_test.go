package dtls

import (
	"errors"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// A peer that answers is never lost, however late the timer is; one that does not
// is lost one interval after the last probe.
func TestJudge(t *testing.T) {
	const second = time.Second
	b := heartbeat{due: 2 * second}
	for _, c := range []struct {
		at, heard   time.Duration
		wait        time.Duration
		probe, lost bool
	}{
		{2 * second, 0, 2 * second, true, false},
		{4 * second, 2*second + 1, 1, false, false}, // answered at once
		{4*second + 1, 2*second + 1, 2 * second, true, false},
		{6*second + 1, 5 * second, second - 1, false, false}, // answered
		{7 * second, 5 * second, 2 * second, true, false},
		{9 * second, 5 * second, 2 * second, true, false},
		{12 * second, 5 * second, 2 * second, true, false}, // the timer was late: not counted
		{14 * second, 5 * second, 2 * second, true, false},
		{16 * second, 5 * second, 2 * second, false, true}, // three without an answer
	} {
		b.heard.Store(int64(c.heard))
		wait, probe, lost := b.judge(c.at, 2*second, 3)
		if wait != c.wait || probe != c.probe || lost != c.lost {
			t.Errorf("at %v, heard at %v: want %v, probe %v, lost %v; got %v, %v, %v",
				c.at, c.heard, c.wait, c.probe, c.lost, wait, probe, lost)
		}
	}
}

// With what Defaults fills in, a silent peer is found in 10 s when idle, and in
// 4 s when data is under way; a test's short heartbeat stays one that a busy host
// can answer.
func TestFoundInTime(t *testing.T) {
	c := transport.Config{}.Defaults()
	var idle, busy time.Duration
	for range c.MaxMissed + 1 {
		idle += interval(c, false)
		busy += interval(c, true)
	}
	if idle > 10*time.Second || busy > 4*time.Second {
		t.Errorf("idle %v, with data under way %v", idle, busy)
	}
	c.Heartbeat = 100 * time.Millisecond
	if got := interval(c, true); got != c.Heartbeat {
		t.Errorf("heartbeat of %v: %v with data under way", c.Heartbeat, got)
	}
}

// Both ends find out that nothing comes any more, the one with data under way
// earlier; neither is lost before.
func TestLostInTime(t *testing.T) {
	c := quick()
	c.Heartbeat, c.MaxMissed = 900*time.Millisecond, 2
	r, a, b := through(t, c)
	send(t, a, "alive")
	recv(t, b)
	for start := time.Now(); time.Since(start) < 3*c.Heartbeat; { // longer than it takes to be lost
		select {
		case <-a.Done():
			t.Fatalf("idle and there, yet ended: %v", a.Err())
		case <-time.After(c.Heartbeat / 4):
		}
	}
	r.cut()
	cut := time.Now()
	send(t, a, "into the void")
	waitDone(t, a)
	busy := time.Since(cut)
	waitDone(t, b)
	idle := time.Since(cut)
	for _, s := range []transport.Association{a, b} {
		if !errors.Is(s.Err(), transport.ErrLost) {
			t.Errorf("want ErrLost, got %v", s.Err())
		}
	}
	if busy < 800*time.Millisecond || busy > 2*time.Second {
		t.Errorf("with data under way: found after %v, want three times 300 ms", busy)
	}
	if idle < 1700*time.Millisecond || idle > 5*time.Second {
		t.Errorf("idle: found after %v, want three times 900 ms", idle)
	}
}
